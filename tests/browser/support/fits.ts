import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { z } from 'zod';

const fit = z.object({ wanted: z.number(), over: z.array(z.string()) });
const audit = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/** What sticks out to the right of the window, and how wide the page wants to be. */
export const measure = async (page: Page) =>
  fit.parse(
    await page.evaluate(`({
      wanted: document.documentElement.scrollWidth,
      over: [...document.querySelectorAll('main *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
        .filter((element) => element.closest('.graph, pre, thead') === null)
        .map((element) => element.outerHTML.slice(0, 120)),
    })`),
  );

/** What axe finds wrong for people who use a page in another way: rules, and the elements that break them. */
export async function complaintsOfAxe(page: Page): Promise<string[][]> {
  await page.evaluate(axe.source);
  const found = audit.parse(await page.evaluate('axe.run()'));
  return found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}

/** The Chromium of this machine, driven by playwright-core, which brings none of its own. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const commands = ['chromium', 'chromium-browser', 'google-chrome'];

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders
    .flatMap((folder) => commands.map((command) => join(folder, command)))
    .find((file) => existsSync(file));
  if (found === undefined)
    throw new Error(
      `No browser: none of ${commands.join(', ')} is in PATH. On Debian and Ubuntu: apt-get install -y chromium`,
    );
  return found;
}

export interface Browser {
  /** A page that nothing was done in yet. Console errors, exceptions and requests to elsewhere end up in `complaints`. */
  open(
    url: string,
    options?: { path?: string; width?: number; height?: number; colorScheme?: 'light' | 'dark' },
  ): Promise<{ page: Page; complaints: string[] }>;
  close(): Promise<void>;
}

/** Starts it with a profile of its own, which is removed with it. */
export async function startBrowser(options: { javaScriptEnabled?: boolean } = {}): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'shop-browser-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: flags,
    ...options,
  });
  return {
    async open(url, { path = '', width = 1280, height = 900, colorScheme = 'light' } = {}) {
      // Before there is a page: one that is open hears that its session is over, and leaves by itself.
      await context.clearCookies();
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) complaints.push(`asks ${request.url()}`);
      });
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto(url + path);
      return { page, complaints };
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

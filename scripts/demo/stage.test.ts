import { describe, expect, it } from 'vitest';
import { Screen } from './screen.ts';
import { Instead, type Stage, StageFailure, Stages } from './stage.ts';
import { wrongCount } from './trouble.ts';

describe('a stage', () => {
  const stages = (check = () => {}) => new Stages(new Screen(process.stderr), check);
  const stage = (ask: Stage<string>['ask']): Stage<string> => ({
    name: 'firing',
    awaited: 'it',
    withinMs: 200,
    ask,
    missed: () => 'it did not fire',
    look: 'there',
  });
  const failing = async (all: Stages, ask: Stage<string>['ask']): Promise<StageFailure> => {
    const failure: unknown = await all.reach(stage(ask)).catch((error: unknown) => error);
    if (!(failure instanceof StageFailure)) throw new Error('a failure of the stage was awaited');
    return failure;
  };

  it('gives back what there is', async () => {
    expect(await stages().reach(stage(() => 'there'))).toBe('there');
  });

  it('names act, stage, time and place when it does not happen', async () => {
    const all = stages();
    all.act = 2;
    const { act, stage: name, message } = await failing(all, () => undefined);
    expect({ act, name, message }).toEqual({
      act: 2,
      name: 'firing',
      message: 'act 2: it did not fire within 0.2 s (there)',
    });
  });

  it('adds why it could not be asked', async () => {
    const { message } = await failing(stages(), () => Promise.reject(new Error('x does not answer')));
    expect(message).toBe('it did not fire within 0.2 s (x does not answer) (there)');
  });

  it('ends at once when something else has happened', async () => {
    const { message } = await failing(stages(), () => new Instead('it was dismissed'));
    expect(message).toBe('it was dismissed (there)');
  });

  it('ends when the run is over', async () => {
    const over = new StageFailure(null, 'interrupted', 'ended by SIGINT');
    const all = stages(() => {
      throw over;
    });
    expect(await failing(all, () => 'there')).toBe(over);
  });
});

describe('the count of restarts', () => {
  it.each([
    [3, 3, 3, undefined],
    [3, 4, 3, 'the bot logged 3 restarts, the supervisor saw 4'],
    [4, 3, 3, 'the bot logged 4 restarts, the supervisor saw 3'],
    [2, 2, 3, 'there were 2 restarts instead of 3'],
  ])('%i logged, %i recorded, %i expected', (logged, recorded, expected, wrong) => {
    expect(wrongCount(logged, recorded, expected)).toBe(wrong);
  });
});

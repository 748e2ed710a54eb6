import { expect, test } from 'vitest';
import { parseDependsOn, parseOwnDependsOn } from './depends-on.ts';

test.each([
  [undefined, []],
  ['', []],
  ['db:service_healthy:false', [{ service: 'db', condition: 'healthy' }]],
  [
    'db:service_started:true,seed:service_completed_successfully:false',
    [
      { service: 'db', condition: 'started' },
      { service: 'seed', condition: 'completed' },
    ],
  ],
  // Early versions of Compose.
  [
    'db,cache',
    [
      { service: 'db', condition: 'started' },
      { service: 'cache', condition: 'started' },
    ],
  ],
  ['db:service_of_the_future:false', [{ service: 'db', condition: 'healthy' }]],
])("Compose's label %s", (label, expected) => {
  expect(parseDependsOn(label)).toEqual(expected);
});

test('our own label has names only', () => {
  expect(parseOwnDependsOn(' db , cache,')).toEqual([
    { service: 'db', condition: 'started' },
    { service: 'cache', condition: 'started' },
  ]);
});

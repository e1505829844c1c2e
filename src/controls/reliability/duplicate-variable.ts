import { type Failure, fail } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

export default control({
  id: 'reliability/duplicate-variable',
  title: 'Containers name each variable once',
  severity: 'low',
  profile: 'reliability',
  subject: 'container',
  why: 'The last of two variables of one name wins, and server-side apply keeps only one: which of them runs is not what a reader sees first.',
  remedy: 'Remove the one that is not meant.',
  check: ({ container }) => {
    const seen = new Set<string>();
    const failures = new Map<string, Failure>();
    for (const { name, path } of container.env) {
      if (seen.has(name)) {
        const message = `variable ${name} of container ${container.name} is there more than once`;
        failures.set(name, fail(message, [...path, 'name'], { key: name }));
      }
      seen.add(name);
    }
    return [...failures.values()];
  },
  examples: {
    fail: [inContainer('env: [{ name: A, value: "1" }, { name: A, value: "2" }]')],
    pass: [inContainer('env: [{ name: A, value: "1" }, { name: B, value: "2" }]')],
  },
});

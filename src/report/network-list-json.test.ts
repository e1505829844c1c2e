import { expect, it } from 'vitest';
import { examplePod, examplePolicy, networkFactsOf } from '../../test/network-example.ts';
import { networkReachability } from '../facts/network.ts';
import { networkEnforcement } from '../facts/network-enforcement.ts';
import { incomingFlows } from '../facts/network-flows.ts';
import { networkListJson } from './network-list-json.ts';

function listOf(count: number) {
  const callers = Array.from({ length: count }, (_, at) =>
    examplePod(`c${at}`, `n${at % 2}`).replace(`app: c${at}}`, 'app: caller}'),
  );
  const others = Array.from({ length: 12 }, (_, at) => examplePod(`other${at}`, `n${at % 2}`));
  const policy = examplePolicy(
    '{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: caller}}}]}]}',
  );
  const facts = networkFactsOf(examplePod('web'), ...callers, ...others, policy);
  const { ports } = facts.get(networkReachability);
  const pieces = networkListJson({ groups: incomingFlows(facts), ports, enforcement: facts.get(networkEnforcement) });
  return JSON.parse([...pieces].join('')) as {
    readonly flows: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[];
    readonly sets: Readonly<Record<string, readonly string[]>>;
  };
}

it.each([
  [40, 'told with the flow'],
  [240, 'told once, by namespace'],
])('names of %i sources are %s', (count) => {
  const { flows, sets } = listOf(count);
  const names = (list: readonly string[]): readonly string[] =>
    list.flatMap((name) => (name.startsWith('@') ? names(sets[name] ?? []) : [name]));
  const wanted = Array.from({ length: count }, (_, at) => `n${at % 2}/c${at}`).sort();
  const flow = flows.find(({ to }) => to.join() === 'shop/web');
  expect([...names(flow?.from ?? [])].sort()).toEqual(wanted);
  expect(Object.keys(sets).length).toBe(count > 100 ? 3 : 0);
});

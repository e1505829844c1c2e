import { entriesOf } from '../../facts/routes.ts';
import { edit } from '../../model/edit.ts';
import { isObject, own } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { podWith } from './examples.ts';

/** What the API server mounts by itself asks for an hour and seven seconds. */
const defaultSeconds = 3607;
const daySeconds = 86_400;

export default control({
  id: 'service-accounts/projected-token',
  title: 'Tokens that are mounted into pods soon expire',
  severity: 'low',
  subject: 'pod',
  why: 'The kubelet renews tokens by itself, so nothing needs a long one: whoever copies it has it for as long as it was asked for.',
  remedy: 'Set expirationSeconds to 3600, and name the audience that the token is for.',
  check: ({ pod }) => {
    const failures: Failure[] = [];
    for (const volume of pod.volumes) {
      if (volume.type !== 'projected') continue;
      for (const [index, source] of entriesOf(own(volume.raw, 'sources'))) {
        const token = own(source, 'serviceAccountToken');
        if (!isObject(token)) continue;
        const seconds = own(token, 'expirationSeconds');
        if (typeof seconds !== 'number') continue;
        const audience = own(token, 'audience');
        const isForServer = typeof audience !== 'string' || audience === '';
        if (seconds <= (isForServer ? defaultSeconds : daySeconds)) continue;
        const at: Path = [...volume.path, 'projected', 'sources', index, 'serviceAccountToken', 'expirationSeconds'];
        const whom = isForServer ? 'the API server' : audience;
        const message = `volume ${volume.name} holds a token for ${whom} that is good for ${durationText(seconds)}`;
        failures.push(fail(message, at, { key: `${volume.name} ${isForServer ? '' : audience}` }));
      }
    }
    return failures;
  },
  fix: { safety: 'safe', edits: (_, { at }) => [edit.set(at, 3600)] },
  examples: {
    fail: [
      podWith(
        'volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 86400}}]}}]',
      ),
      podWith(
        'volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t, audience: vault, expirationSeconds: 604800}}]}}]',
      ),
    ],
    pass: [
      podWith(
        'volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 3607}}]}}]',
      ),
      podWith(
        'volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t, audience: sts.amazonaws.com, expirationSeconds: 86400}}]}}]',
      ),
    ],
  },
});

function durationText(seconds: number): string {
  return seconds >= 2 * daySeconds ? `${Math.round(seconds / daySeconds)} days` : `${Math.round(seconds / 3600)} hours`;
}

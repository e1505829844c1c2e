import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import type { AnyControl } from '../control.ts';
import bootstrapTokens from './bootstrap-tokens.ts';
import serviceAccountTokens from './service-account-tokens.ts';

const controls: readonly AnyControl[] = [bootstrapTokens, serviceAccountTokens];

describe('Secrets that could not be listed', () => {
  it('leave both questions open', () => {
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n';
    const { objects } = decodeManifest(text, 'x.yaml');
    const unread = [{ code: 'forbidden' as const, what: '/api/v1/secrets', reason: 'no' }];
    const snapshot = {
      ...assembleSnapshot([{ objects, inputs: [], gaps: [] }], ''),
      cluster: { server: 'https://x', unread },
    };
    expect(judge(snapshot, { controls }).undecided.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['unknown', 'Secrets could not be listed'],
      ['unknown', 'Secrets could not be listed'],
    ]);
  });
});

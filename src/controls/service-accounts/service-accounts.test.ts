import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import defaultAutomount from './default-automount.ts';
import defaultRights from './default-rights.ts';
import { accountWith, podWith } from './examples.ts';
import podToken from './pod-token.ts';
import unneededToken from './unneeded-token.ts';

const controls: readonly AnyControl[] = [defaultAutomount, defaultRights, podToken, unneededToken];

describe('tokens of service accounts', () => {
  const findings = (text: string) =>
    judgeText(controls, text).findings.map(({ control, message, subject }) => [
      control.id,
      `${subject.object.kind} ${subject.object.name}`,
      message,
    ]);

  it('are one finding, at the account, however many pods there are', () => {
    const pods = [1, 2, 3].map((n) => podWith('serviceAccountName: app').replace('name: example', `name: app-${n}`));
    expect(findings([accountWith(''), ...pods].join('---\n'))).toEqual([
      [
        'service-accounts/unneeded-token',
        'ServiceAccount app',
        'no role is bound to it, and its token is mounted into the pods of Pod app-1 and 2 more',
      ],
    ]);
  });

  it('of default accounts are told by one control', () => {
    const account = accountWith('').replace('name: app', 'name: default');
    expect(findings(`${account}---\n${podWith('restartPolicy: Always')}`)).toEqual([
      [
        'service-accounts/default-automount',
        'ServiceAccount default',
        'the token of namespace shop is mounted into the pods of Pod example',
      ],
    ]);
  });

  it('are not asked about without the account and its bindings', () => {
    const { undecided, findings } = judgeText([podToken], podWith('serviceAccountName: elsewhere'));
    expect(findings).toEqual([]);
    expect(undecided.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['unknown', 'the service account that the pod names is not in what was read, nor a role that is bound to it'],
    ]);
  });
});

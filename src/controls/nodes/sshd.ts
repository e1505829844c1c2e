import type { AdministratorEvidence } from '../../model/node.ts';
import type { Severity } from '../../model/severity.ts';
import { notApplicable, pass, unknown } from '../../model/verdict.ts';
import { sshd } from './examples.ts';
import { type HostRow, hostControls, hostFailure } from './host-control.ts';

type Settings = NonNullable<AdministratorEvidence['sshd']>;

interface SshdRow extends Omit<HostRow, 'check'> {
  readonly keyword: string;
  /** As sshd_config(5) has it when the keyword is not there. */
  readonly standard: string;
  readonly wrong: (value: string, settings: Settings) => { says: string; severity?: Severity } | undefined;
}

/** How people log in to a node. What stands in `Match` blocks is for some, and is not judged. */
export default sshdControls([
  {
    name: 'sshd-root-login',
    title: 'Nobody logs in as root with a password',
    severity: 'medium',
    why: 'The name is known to everyone, so that only the password is left to guess; and root has no name in the log.',
    keyword: 'permitrootlogin',
    standard: 'prohibit-password',
    wrong: (value, settings) => {
      if (value !== 'yes') return undefined;
      const hasPassword = valueOf(settings, 'passwordauthentication', 'yes') !== 'no';
      return hasPassword
        ? { says: 'anyone can try passwords of root', severity: 'high' }
        : { says: 'root can log in by itself', severity: 'low' };
    },
    examples: {
      fail: [sshd({ permitrootlogin: 'yes' })],
      pass: [sshd({ permitrootlogin: 'no' }), sshd({ port: '22' })],
    },
  },
  {
    name: 'sshd-passwords',
    title: 'People log in to nodes with keys, not passwords',
    severity: 'medium',
    why: 'Passwords are guessed and used twice; of a key there is nothing to guess.',
    keyword: 'passwordauthentication',
    standard: 'yes',
    wrong: (value, settings) => {
      const methods = valueOf(settings, 'authenticationmethods', 'any').split(/\s+/);
      const isKeyed = methods.every((list) =>
        list.split(',').some((method) => /^(?:publickey|hostbased)/.test(method)),
      );
      return value === 'no' || isKeyed ? undefined : { says: 'passwords can be guessed' };
    },
    examples: {
      fail: [sshd({ passwordauthentication: 'yes' }), sshd({ port: '22' })],
      pass: [sshd({ passwordauthentication: 'no' }), sshd({ authenticationmethods: 'publickey' })],
    },
  },
  {
    name: 'sshd-empty-passwords',
    title: 'Nobody logs in without a password',
    severity: 'critical',
    why: 'An account whose password is empty is everyone’s.',
    keyword: 'permitemptypasswords',
    standard: 'no',
    wrong: (value) => (value === 'yes' ? { says: 'accounts with an empty password are open to everyone' } : undefined),
    examples: { fail: [sshd({ permitemptypasswords: 'yes' })], pass: [sshd({ permitemptypasswords: 'no' })] },
  },
  {
    name: 'sshd-x11-forwarding',
    title: 'X11 is not forwarded from nodes',
    severity: 'low',
    why: 'Whoever is root on the node can read and send keystrokes of the display that is forwarded to it.',
    keyword: 'x11forwarding',
    standard: 'no',
    wrong: (value) => (value === 'yes' ? { says: 'the display of whoever logs in can be taken over' } : undefined),
    examples: { fail: [sshd({ x11forwarding: 'yes' })], pass: [sshd({ x11forwarding: 'no' })] },
  },
  {
    name: 'sshd-protocol',
    title: 'SSH is not spoken in its first version',
    severity: 'high',
    why: 'Version 1 of the protocol can be read and changed on the way; OpenSSH took it out in version 7.6.',
    keyword: 'protocol',
    standard: '2',
    wrong: (value) =>
      value.split(',').some((version) => version.trim() === '1')
        ? { says: 'sessions can be read on the way' }
        : undefined,
    examples: { fail: [sshd({ protocol: '2,1' })], pass: [sshd({ protocol: '2' })] },
  },
]);

function sshdControls(rows: readonly SshdRow[]): ReturnType<typeof hostControls> {
  return hostControls(
    rows.map(({ keyword, standard, wrong, ...row }) => ({
      ...row,
      check: (node) => {
        const known = node.host?.administrators;
        if (known === undefined) return unknown('who administers the node was not read');
        const settings = known.sshd;
        if (settings === undefined) return notApplicable('sshd is not configured on this node');
        const value = valueOf(settings, keyword, standard);
        const problem = wrong(value, settings);
        if (problem === undefined) return pass;
        const said = settings[keyword];
        const note = said === undefined ? ' (default)' : '';
        return hostFailure(node, {
          key: keyword,
          message: `sshd: ${keyword} is ${value}${note}: ${problem.says}`,
          file: said?.where ?? '/etc/ssh/sshd_config',
          line: said?.line,
          severity: problem.severity,
        });
      },
    })),
  );
}

/** Keywords are recorded in lower case; values of those that are judged mean the same in any case. */
function valueOf(settings: Settings, keyword: string, standard: string): string {
  return (Object.hasOwn(settings, keyword) ? (settings[keyword]?.value ?? standard) : standard).toLowerCase();
}

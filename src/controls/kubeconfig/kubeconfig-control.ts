import type { Facts } from '../../facts/facts.ts';
import type { Kubeconfig, KubeconfigContext, KubeconfigUser } from '../../model/kubeconfig.ts';
import type { Path } from '../../model/path.ts';
import { type Failure, fail, type Verdict } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

export interface KubeconfigRow extends Omit<ControlDefinition<'kubeconfig'>, 'id' | 'subject' | 'check' | 'mend'> {
  /** Last part of the control's id. */
  readonly name: string;
  readonly wrong: (question: KubeconfigQuestion) => readonly Wrong[] | Verdict;
}

export interface KubeconfigQuestion {
  readonly kubeconfig: Kubeconfig;
  /** When the evidence was taken, in milliseconds since the epoch; NaN where that is not known. */
  readonly now: number;
}

export interface Wrong extends Pick<Failure, 'severity' | 'remedy'> {
  readonly says: string;
  readonly at: Path;
  /** The entry, by its name. */
  readonly of: string;
}

/** Controls of kubeconfigs, from a table. */
export function kubeconfigControls(rows: readonly KubeconfigRow[]): readonly Control<'kubeconfig'>[] {
  return rows.map(({ name, wrong, ...rest }) =>
    control({
      ...rest,
      id: `kubeconfig/${name}`,
      subject: 'kubeconfig',
      check: ({ kubeconfig }, facts: Facts) => {
        const answer = wrong({ kubeconfig, now: Date.parse(facts.snapshot.takenAt) });
        if ('kind' in answer) return answer;
        return answer.map(({ says, at, of, ...more }) => fail(says, at, { key: of, ...more }));
      },
    }),
  );
}

/** `cluster "prod"`: names of kubeconfigs are free text. */
export function quoted(sort: 'cluster' | 'user' | 'context', name: string): string {
  return `${sort} ${JSON.stringify(name)}`;
}

/** The users of contexts, by name. */
export function usersByName({ users }: Kubeconfig): ReadonlyMap<string, KubeconfigUser> {
  return new Map(users.map((user) => [user.name, user]));
}

export function contextsByCluster({ contexts }: Kubeconfig): ReadonlyMap<string, readonly KubeconfigContext[]> {
  const found = new Map<string, KubeconfigContext[]>();
  for (const context of contexts) {
    const known = found.get(context.cluster);
    if (known === undefined) found.set(context.cluster, [context]);
    else known.push(context);
  }
  return found;
}

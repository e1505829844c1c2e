import type { Facts } from '../../facts/facts.ts';
import type { EtcdDataEvidence, StoredAs, StoredClass, StoredResource } from '../../model/etcd-data.ts';
import { type Failure, fail, unknown, type Verdict } from '../../model/verdict.ts';
import { wordList } from '../../model/word-list.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { type EncryptionPlan, encryptionPlan } from './encryption-plan.ts';

export interface EtcdDataRow extends Omit<ControlDefinition<'etcd-data'>, 'id' | 'subject' | 'check' | 'fix' | 'mend'> {
  /** Last part of the control's id. */
  readonly name: string;
  /** `values`: where not all of them were read, finding nothing is no pass. */
  readonly about: 'values' | 'file';
  readonly wrong: (question: EtcdDataQuestion) => readonly Wrong[] | Verdict;
}

export interface EtcdDataQuestion {
  readonly data: EtcdDataEvidence;
  readonly plan: EncryptionPlan;
  /** When the evidence was taken, in milliseconds since the epoch; NaN where that is not known. */
  readonly now: number;
  readonly facts: Facts;
}

export interface Wrong extends Pick<Failure, 'severity' | 'remedy'> {
  readonly says: string;
  /** Tells what is wrong in one etcd apart: a resource, or a key. */
  readonly of?: string;
}

/** Controls of what is stored in etcd, from a table. */
export function etcdDataControls(rows: readonly EtcdDataRow[]): readonly Control<'etcd-data'>[] {
  return rows.map(({ name, about, wrong, ...rest }) =>
    control({
      ...rest,
      id: `etcd-data/${name}`,
      subject: 'etcd-data',
      check: ({ data }, facts) => {
        const now = Date.parse(facts.snapshot.takenAt);
        const answer = wrong({ data, plan: encryptionPlan(data, facts), now, facts });
        const isOpen = about === 'values' && !data.complete && !hasFailure(answer);
        if (isOpen) return unknown(`not all of its values were read: ${data.problems[0] ?? 'the reading ended early'}`);
        if ('kind' in answer) return answer;
        return answer.map(({ says, of, ...more }) => fail(says, [], { ...(of !== undefined && { key: of }), ...more }));
      },
    }),
  );
}

function hasFailure(answer: readonly Wrong[] | Verdict): boolean {
  return 'kind' in answer ? answer.kind === 'fail' : answer.length > 0;
}

/** The values of a resource that are stored in one of these forms. */
export function storedIn({ stored }: StoredResource, form: StoredAs['form']): readonly StoredClass[] {
  return stored.filter(({ as }) => as.form === form);
}

export function liveCount(classes: readonly StoredClass[]): number {
  return classes.reduce((sum, { live }) => sum + live.count, 0);
}

/** `aescbc key1`, `KMS v2 vault, its key 7`; the empty text where there are too many keys to tell apart. */
export function classText(as: StoredAs): string {
  if (as.form !== 'encrypted') return as.form === 'plaintext' ? 'plain text' : 'an unknown form';
  const { provider, version, key, keyId } = as;
  if (provider !== 'kms') return `${provider} ${key}`.trim();
  return `KMS ${version} ${key}${keyId === undefined ? '' : `, its key ${keyId}`}`;
}

const shown = 3;

/** `a, b, c and 4 more`: some of `count` by name. */
export function named(names: readonly string[], count: number = names.length): string {
  const first = names.slice(0, shown);
  const rest = count - first.length;
  return rest > 0 && first.length > 0 ? `${first.join(', ')} and ${rest} more` : wordList(first);
}

/** Names of live values of these classes. */
export function examplesOf(classes: readonly StoredClass[]): readonly string[] {
  return classes.flatMap(({ live }) => live.examples);
}

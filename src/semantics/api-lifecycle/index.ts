import data from '../../../data/deprecated-apis.json' with { type: 'json' };

/** How long a kind is served under a version of the API. Numbers are minor versions of Kubernetes. */
export interface ApiLifecycle {
  readonly apiVersion: string;
  readonly kind: string;
  /** First version that serves it; absent where that was before all that is known. */
  readonly since?: number;
  readonly deprecated?: number;
  /** First version that does not serve it; absent for kinds of other projects. */
  readonly removed?: number;
  /** The removal is planned, and may be put off. */
  readonly scheduled?: boolean;
  /** Another project than Kubernetes, and the version of it that has it no more. */
  readonly of?: string;
  readonly removedIn?: string;
  /** The version of the API that takes its place; absent where nothing does. */
  readonly to?: string;
  /** Its kind, where that is another one. */
  readonly toKind?: string;
  /** First version that serves `to`. */
  readonly toSince?: number;
  /** An object of the new version looks the same: only `apiVersion` changes. */
  readonly sameShape?: boolean;
  /** What else is to be changed. */
  readonly more?: string;
}

const rows: readonly ApiLifecycle[] = data.rows;

const byName: ReadonlyMap<string, ApiLifecycle> = new Map(rows.map((row) => [nameOf(row.apiVersion, row.kind), row]));

/** Undefined for what no version has deprecated. Source: the lifecycle tags of kubernetes/api; see `data/deprecated-apis.json`. */
export function lifecycleOf(apiVersion: string, kind: string): ApiLifecycle | undefined {
  return byName.get(nameOf(apiVersion, kind));
}

function nameOf(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`;
}

/** Kinds of which some version is deprecated or gone, in any group. */
export const agingKinds: ReadonlySet<string> = new Set(rows.map(({ kind }) => kind));

/** Every version of the API that is deprecated or gone. */
export const apiLifecycles: readonly ApiLifecycle[] = rows;

export type ServedState = 'not-served' | 'removed-next' | 'deprecated' | 'served';

/** Whether a version of Kubernetes serves it, and how long it still will. */
export function servedIn({ deprecated, removed }: ApiLifecycle, minor: number): ServedState {
  if (removed !== undefined && removed <= minor) return 'not-served';
  if (removed === minor + 1) return 'removed-next';
  return deprecated !== undefined && deprecated <= minor ? 'deprecated' : 'served';
}

/** What to write in its place, in words: "use batch/v1". */
export function replacementOf({ kind, to, toKind, toSince, more }: ApiLifecycle): string {
  const also = more === undefined ? '' : `: ${more}`;
  if (to === undefined) return more === undefined ? 'nothing takes its place' : `no API takes its place${also}`;
  const name = toKind === undefined || toKind === kind ? to : `${toKind} of ${to}`;
  return `use ${name}${toSince === undefined ? '' : `, which is there since v1.${toSince}`}${also}`;
}

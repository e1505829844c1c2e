import attack from '../../data/benchmarks/attack.json' with { type: 'json' };
import support from '../../data/component-support.json' with { type: 'json' };
import components from '../../data/components-eol.json' with { type: 'json' };
import cves from '../../data/cves.json' with { type: 'json' };
import apis from '../../data/deprecated-apis.json' with { type: 'json' };
import registries from '../../data/deprecated-registries.json' with { type: 'json' };
import storage from '../../data/storage-drivers.json' with { type: 'json' };
import systemWorkloads from '../../data/system-workloads.json' with { type: 'json' };
import latest from '../../data/versions-latest.json' with { type: 'json' };

/** Knowledge that ages: the world goes on, and what was true of it is not any more. */
export interface DataSet {
  /** File below `data/`, without its ending. */
  readonly id: string;
  readonly about: string;
  readonly sources: readonly string[];
  /** The day for which it is right: that of its sources, else that on which it was put together. RFC 3339, a date. */
  readonly asOf: string;
  /** Ids of the controls whose passes rest on it. */
  readonly controls: readonly string[];
  /** Days from which on a scan says how old it is, and from which on a pass that rests on it is a gap. */
  readonly noticeAfter: number | undefined;
  readonly gapAfter: number | undefined;
}

/**
 * Vulnerabilities become known every week, ends of release lines are told a year before, and removals of an API three
 * versions before: that is how long each may be left alone. `docs/data.md` says why in full.
 */
export const dataSets: readonly DataSet[] = [
  {
    id: 'cves',
    about: 'known vulnerabilities by version',
    sources: cves.source,
    asOf: cves.asOf,
    controls: [
      'versions/node-vulnerabilities',
      'versions/image-vulnerabilities',
      'versions/component-vulnerabilities',
      'versions/server-vulnerabilities',
    ],
    noticeAfter: 120,
    gapAfter: 365,
  },
  {
    id: 'component-support',
    about: 'when versions of Kubernetes, etcd and containerd end',
    sources: support.source,
    asOf: support.asOf,
    controls: ['nodes/node-versions', 'nodes/component-versions', 'versions/cluster-version'],
    noticeAfter: 240,
    gapAfter: 540,
  },
  {
    id: 'components-eol',
    about: 'when versions of platform components end',
    sources: components.source,
    asOf: components.asOf,
    // Asked of the same images, and of no others: those of your own pass nothing here.
    controls: ['versions/image-vulnerabilities'],
    noticeAfter: 240,
    gapAfter: 540,
  },
  {
    id: 'deprecated-apis',
    about: 'when versions of the API are removed',
    sources: apis.source,
    asOf: apis.asOf,
    controls: ['api-lifecycle/served-version'],
    noticeAfter: 365,
    gapAfter: undefined,
  },
  {
    id: 'versions-latest',
    about: 'the newest patch of each release line',
    sources: latest.source,
    asOf: latest.asOf,
    controls: ['versions/patch-level'],
    noticeAfter: 240,
    gapAfter: undefined,
  },
  lasting('deprecated-registries', 'registries of images that have ended', registries),
  lasting('storage-drivers', 'storage drivers and what they encrypt', { ...storage, source: storage.about }),
  lasting('system-workloads', 'what clusters run for themselves', systemWorkloads),
  lasting('benchmarks/attack', 'techniques of MITRE ATT&CK', attack),
];

/** What is right until somebody changes it: its age is told, and says nothing. */
function lasting(
  id: string,
  about: string,
  { source, retrieved }: { readonly source: string | readonly string[]; readonly retrieved: string },
): DataSet {
  const sources = typeof source === 'string' ? [source] : source;
  return { id, about, sources, asOf: retrieved, controls: [], noticeAfter: undefined, gapAfter: undefined };
}

export type DataState = 'fresh' | 'aging' | 'stale' | 'lasting';

const dayMs = 24 * 60 * 60 * 1000;

/** Whole days from the day of a set to `now` (RFC 3339), never below 0; undefined where `now` is no time. */
export function ageInDays({ asOf }: DataSet, now: string): number | undefined {
  const days = Math.floor((Date.parse(now) - Date.parse(asOf)) / dayMs);
  return Number.isNaN(days) ? undefined : Math.max(0, days);
}

export function dataState(set: DataSet, now: string): DataState {
  const age = ageInDays(set, now) ?? 0;
  if (set.gapAfter !== undefined && age > set.gapAfter) return 'stale';
  if (set.noticeAfter !== undefined && age > set.noticeAfter) return 'aging';
  return set.noticeAfter === undefined ? 'lasting' : 'fresh';
}

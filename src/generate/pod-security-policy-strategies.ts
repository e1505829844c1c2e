import type { JsonObject } from '../model/json.ts';
import {
  appArmorContainerPrefix,
  type ContainerView,
  containerSeccomp,
  judgedContainers,
  type PodView,
  podSeccomp,
  policyAnnotations,
} from '../semantics/pod-security-policy/index.ts';
import { spans } from './pod-security-policy-use.ts';

export interface LeastStrategies {
  readonly spec: JsonObject;
  readonly annotations: JsonObject;
  readonly notes: readonly string[];
}

/** Who pods run as, and under which profiles: the narrowest strategies that set nothing on any of them. */
export function leastStrategies(views: readonly PodView[]): LeastStrategies {
  const containers = views.flatMap(judgedContainers);
  const contexts = views.map(({ pod }) => pod.securityContext);
  const seccomp = leastSeccomp(views);
  const appArmor = leastAppArmor(views);
  return {
    spec: {
      runAsUser: leastUser(containers),
      runAsGroup: leastGroups(containers.map(({ container: { effective } }) => listed(effective.runAsGroup))),
      supplementalGroups: leastGroups(views.map(({ supplementalGroups }) => supplementalGroups ?? [])),
      fsGroup: leastGroups(contexts.map(({ fsGroup }) => listed(fsGroup))),
      seLinux: leastSelinux(views),
    },
    annotations: {
      ...seccomp,
      ...(appArmor !== undefined && { [policyAnnotations.allowedAppArmor]: appArmor }),
    },
    notes:
      seccomp[policyAnnotations.allowedSeccomp] === '*'
        ? ['Some pods set a seccomp profile and some do not: a policy can then only allow every one.']
        : [],
  };
}

function listed(id: number | undefined): readonly number[] {
  return id === undefined ? [] : [id];
}

function leastUser(containers: readonly ContainerView[]): JsonObject {
  const users = containers.map(({ container }) => container.effective);
  if (users.every(({ runAsUser }) => runAsUser !== undefined)) {
    return { rule: 'MustRunAs', ranges: idRanges(users.flatMap(({ runAsUser }) => listed(runAsUser))) };
  }
  const isNeverRoot = users.every(({ runAsUser, runAsNonRoot }) => {
    return runAsUser !== 0 && runAsNonRoot !== false && (runAsNonRoot === true || runAsUser !== undefined);
  });
  return { rule: isNeverRoot ? 'MustRunAsNonRoot' : 'RunAsAny' };
}

/** Where none are set, any group but root's may be: a rule without ranges does not exist. */
function leastGroups(sets: readonly (readonly number[])[]): JsonObject {
  const used = sets.flat();
  if (used.length === 0) return { rule: 'MayRunAs', ranges: [{ min: 1, max: 65535 }] };
  const rule = sets.every((set) => set.length > 0) ? 'MustRunAs' : 'MayRunAs';
  return { rule, ranges: idRanges(used) };
}

function idRanges(ids: readonly number[]): readonly JsonObject[] {
  const ranges = spans(ids).map(({ min, max }) => ({ min, max }));
  if (!ids.includes(0)) return ranges;
  const [first, ...rest] = ranges;
  return first?.min === 1 ? [{ min: 0, max: first.max }, ...rest] : [{ min: 0, max: 0 }, ...ranges];
}

/** A policy must not set it on pods that do without: it names a context only where every pod and container has that one. */
function leastSelinux(views: readonly PodView[]): JsonObject {
  const fields = ['level', 'role', 'type', 'user'] as const;
  const contexts = views.flatMap((view) => [
    view.pod.securityContext.seLinuxOptions,
    ...judgedContainers(view).map(({ container }) => container.effective.seLinuxOptions),
  ]);
  const [first] = contexts;
  if (first === undefined || !contexts.every((each) => each && fields.every((field) => each[field] === first[field])))
    return { rule: 'RunAsAny' };
  const options = fields.flatMap((field) => (first[field] === '' ? [] : [[field, first[field]] as const]));
  return { rule: 'MustRunAs', seLinuxOptions: Object.fromEntries(options) };
}

/**
 * Without annotations a policy allows no profile, which is least where none is set. Where every container has one, a
 * default fills the pods that name none themselves, which changes no container. Else only `*` is left: the API takes no
 * list with a gap in it.
 */
function leastSeccomp(views: readonly PodView[]): JsonObject {
  const { allowedSeccomp, defaultSeccomp } = policyAnnotations;
  const pods = new Set(views.map(podSeccomp));
  const containers = views.flatMap((view) => judgedContainers(view).map((each) => containerSeccomp(view, each)));
  const profiles = [...new Set([...pods, ...containers])].filter((profile) => profile !== '').sort();
  const [first] = profiles;
  if (first === undefined) return {};
  if (containers.includes('')) return { [allowedSeccomp]: '*' };
  const filling = profiles.find((profile) => profile === 'runtime/default') ?? first;
  return { [allowedSeccomp]: profiles.join(','), ...(pods.has('') && { [defaultSeccomp]: filling }) };
}

/** Undefined where some container has none, as a policy that lists profiles asks for one. */
function leastAppArmor(views: readonly PodView[]): string | undefined {
  const profiles = views.flatMap((view) =>
    judgedContainers(view).map(
      ({ container }) => view.pod.annotations.get(`${appArmorContainerPrefix}${container.name}`) ?? '',
    ),
  );
  return profiles.length === 0 || profiles.includes('') ? undefined : [...new Set(profiles)].sort().join(',');
}

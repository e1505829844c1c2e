import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Component } from '../../model/component.ts';
import { components } from '../../model/component.ts';
import { resolveComponent } from './resolve.ts';
import { inVersion, settingTable } from './table.ts';
import { describedMinors, unknownVersionName } from './versions.ts';

function resolve(component: Component, args: readonly string[], minor?: number) {
  return resolveComponent({
    component,
    ...(minor !== undefined && { minor }),
    args: args.map((text) => ({ text, where: 'pid 7' })),
    readFile: () => undefined,
  });
}

/** A component of some version, started with boolean flags that this version has. */
const started = fc
  .constantFrom(...components)
  .chain((component) => fc.tuple(fc.constant(component), fc.constantFrom(...describedMinors(component))))
  .chain(([component, minor]) => {
    const flags = settingTable(component).rows.flatMap(({ flag, spelled, type, since, removed }) =>
      flag !== undefined && type === 'bool' && inVersion(minor, since, removed) ? [spelled ?? flag] : [],
    );
    const arg = fc.tuple(fc.constantFrom(...flags), fc.boolean()).map(([flag, value]) => `--${flag}=${value}`);
    return fc.record({
      component: fc.constant(component),
      minor: fc.constant(minor),
      args: fc.array(arg, { maxLength: 4 }),
    });
  });

describe('a component whose version is not known', () => {
  it('may be of the version that it is of, and has no value but that one’s', () => {
    fc.assert(
      fc.property(started, ({ component, minor, args }) => {
        const truth = resolve(component, args, minor);
        const resolved = resolve(component, args);
        expect(resolved.possible?.map((each) => each.minor)).toContain(minor);
        for (const { name, value } of resolved.settings()) {
          if (value !== null) expect([name, value]).toEqual([name, truth.get(name)?.value]);
        }
        const kinds = new Set(truth.problems.map(({ kind, where }) => `${kind} ${where}`));
        for (const { kind, where } of resolved.problems) expect(kinds).toContain(`${kind} ${where}`);
      }),
      { numRuns: 100 },
    );
  });

  it.each<[Component, readonly string[], string]>([
    ['kubelet', [], 'v1.16 to v1.36'],
    ['kubelet', ['--container-runtime=remote'], 'v1.16 to v1.26'],
    ['kubelet', ['--network-plugin=cni', '--seccomp-default'], 'v1.22 to v1.23'],
    ['kube-apiserver', ['--authentication-config=/a'], 'v1.29 to v1.36'],
    // No version has both, and one that none has bounds nothing.
    ['kube-apiserver', ['--insecure-port=0', '--authentication-config=/a'], 'v1.16 to v1.36'],
    ['kube-apiserver', ['--no-such-flag=1', '--insecure-port=0'], 'v1.16 to v1.23'],
    ['kube-apiserver', ['--feature-gates=KMSv1=true'], 'v1.28 to v1.36'],
    ['etcd', ['--enable-v2=false'], '3.3 to 3.5'],
    ['etcd', ['--feature-gates=X=true'], '3.6'],
  ])('%s %j may be %s', (component, args, versions) => {
    expect(unknownVersionName(resolve(component, args))).toBe(versions);
  });

  it.each<[Component, string, string]>([
    ['kubelet', 'seccompDefault', 'a version that is not known: not there in v1.16 to v1.21, false in v1.22 to v1.36'],
    ['kubelet', 'event-qps', 'a version that is not known: 5 in v1.16 to v1.26, 50 in v1.27 to v1.36'],
  ])('%s: %s is not told, with each value', (component, name, of) => {
    expect(resolve(component, []).get(name)).toMatchObject({ value: null, origin: { kind: 'default', of } });
  });

  it('calls its defaults those of all versions that may be', () => {
    expect(resolve('kube-apiserver', ['--insecure-port=0']).get('profiling')).toEqual({
      name: 'profiling',
      value: true,
      origin: { kind: 'default', of: 'v1.16 to v1.23' },
    });
  });

  it('does not start with a flag that no version has', () => {
    const [problem] = resolve('kube-apiserver', ['--anonymous-authh=false']).problems;
    expect(problem).toMatchObject({
      kind: 'unknown-flag',
      message:
        '--anonymous-authh is no known flag of kube-apiserver v1.16 to v1.36, which does not start with one that it does not know',
      hint: '--anonymous-auth',
    });
  });

  it('has versions that the tables describe', () => {
    for (const component of components) {
      const last = describedMinors(component).at(-1) ?? 0;
      for (const { flag, since = 0 } of settingTable(component).rows) {
        expect([flag, since <= last]).toEqual([flag, true]);
      }
    }
  });
});

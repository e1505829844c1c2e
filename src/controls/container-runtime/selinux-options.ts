import { type Edit, edit } from '../../model/edit.ts';
import type { SelinuxOptions } from '../../model/security-context.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { isAllowedSelinuxType } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'container-runtime/selinux-options',
  title: 'Containers keep an SELinux type that is made for containers',
  severity: 'medium',
  subject: 'pod',
  why: 'Another SELinux type, user or role can lift the confinement that keeps a container away from the files of its node: spc_t is as good as none.',
  remedy: 'Leave user, role and type out. A level of their own keeps pods apart and is fine.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    const ofPod = pod.securityContext.seLinuxOptions;
    if (isForbidden(ofPod)) failures = [fail(`the pod sets ${list(ofPod)}`, ofPod.path)];
    for (const { name, securityContext } of pod.containers) {
      const options = securityContext.seLinuxOptions;
      if (!isForbidden(options)) continue;
      failures ??= [];
      failures.push(fail(`container ${name} sets ${list(options)}`, options.path, { key: name }));
    }
    return failures ?? pass;
  },
  fix: {
    safety: 'may-break',
    edits: ({ pod }, { at, key }) => {
      const holder =
        key === undefined ? pod : pod.containers.find(({ path }) => path.every((step, i) => at[i] === step));
      const options = holder?.securityContext.seLinuxOptions;
      return options === undefined ? [] : removals(options);
    },
  },
  examples: {
    fail: [
      inContainer('securityContext: { seLinuxOptions: { type: spc_t } }'),
      inPod('securityContext: { seLinuxOptions: { user: system_u, role: system_r, level: s0 } }'),
      inPod('ephemeralContainers: [{ name: debug, image: b, securityContext: { seLinuxOptions: { role: x } } }]'),
    ],
    pass: [
      inContainer('securityContext: { seLinuxOptions: { level: "s0:c1,c2" } }'),
      inPod('securityContext: { seLinuxOptions: { type: container_engine_t } }'),
      inContainer('securityContext: { seLinuxOptions: { user: "", type: container_t } }'),
    ],
  },
});

/** As Pod Security baseline. */
function isForbidden(options: SelinuxOptions | undefined): options is SelinuxOptions {
  return options !== undefined && (options.user !== '' || options.role !== '' || !isAllowedSelinuxType(options.type));
}

function forbiddenFields(options: SelinuxOptions): readonly ('user' | 'role' | 'type')[] {
  return (['user', 'role', 'type'] as const).filter((field) =>
    field === 'type' ? !isAllowedSelinuxType(options.type) : options[field] !== '',
  );
}

function list(options: SelinuxOptions): string {
  return `seLinuxOptions ${forbiddenFields(options)
    .map((field) => `${field}: ${options[field]}`)
    .join(', ')}`;
}

function removals(options: SelinuxOptions): readonly Edit[] {
  return forbiddenFields(options).map((field) => edit.remove([...options.path, field]));
}

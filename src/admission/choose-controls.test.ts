import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controls } from '../controls/registry.ts';
import { chooseControls, observe, takesFacts } from './choose-controls.ts';

describe('chooseControls', () => {
  const everything = chooseControls([{ pattern: '*', mode: 'enforce' }], controls);
  const chosen = new Map(everything.chosen.map(({ control, kinds }) => [control.id, kinds]));

  it('takes what one object decides', () => {
    for (const id of ['pods/privileged', 'pods/host-users', 'container-runtime/image-tag', 'secrets/environment']) {
      expect(chosen.has(id), id).toBe(true);
    }
    expect(chosen.get('network-policies/allow-all')).toEqual(new Set(['networking.k8s.io/NetworkPolicy']));
    expect(chosen.get('pods/privileged')).toBeUndefined();
  });

  it.each([
    ['kubelet/anonymous-auth', 'it is about a component, which no request carries'],
    ['rbac/dangling-role', 'what it looks for may be created after the object that a request carries'],
    ['pods/subpath-cve', 'it needs more of the cluster than requests are judged with (subpath-cve-exposure)'],
    [
      'network-policies/service-port',
      'it needs more of the cluster than requests are judged with (compiled-policies, network-reachability, network-services)',
    ],
    [
      'admission/webhook-timeout',
      'it is about admissionregistration.k8s.io/ValidatingWebhookConfiguration, about which API servers ask no webhook',
    ],
    [
      'secrets/plain-manifest',
      'it is about files: every Secret reaches an API server in the clear, wherever it is kept',
    ],
  ])('leaves %s, and says why', (id, reason) => {
    expect(everything.left.get(id)).toBe(reason);
  });

  it('takes or leaves each, and names what is lost of a pattern', () => {
    for (const { id } of controls) expect(chosen.has(id) !== everything.left.has(id), id).toBe(true);
    const [loss] = everything.losses;
    expect(loss).toMatchObject({ pattern: '*', matching: controls.length });
    expect(loss?.left).toEqual([...everything.left.keys()]);
  });

  it('takes what judges roles, bindings and limits', () => {
    const needs = new Map(everything.chosen.map((each) => [each.control.id, each.needs]));
    const access = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].map(
      (kind) => `rbac.authorization.k8s.io/${kind}`,
    );
    expect(chosen.get('rbac/full-wildcard')).toEqual(new Set(access.slice(0, 2)));
    expect(needs.get('rbac/full-wildcard')).toEqual(new Set(access));
    expect(needs.get('container-runtime/memory-limit')).toEqual(new Set(['/LimitRange']));
    expect(needs.get('pods/privileged')).toEqual(new Set());
    const left = [...everything.left.keys()].filter((id) => id.startsWith('rbac/'));
    const later = ['rbac/dangling-role', 'rbac/dangling-subject', 'rbac/shared-service-account', 'rbac/unused-role'];
    expect(left).toEqual(later);
  });

  it('is counted in the documentation', () => {
    const page = readFileSync(new URL('../../docs/admission.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| (\d+) \| (.+?) \|/gm)];
    const told = Object.fromEntries(rows.map(([, count, text]) => [text, Number(count)]));
    const counts = new Map([['judge requests', chosen.size]]);
    for (const reason of everything.left.values()) {
      const text = classes.find(({ pattern }) => pattern.test(reason))?.text ?? reason;
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    expect(Object.keys(told).toSorted()).toEqual([...counts.keys()].toSorted());
    // Whoever adds a control need not change the page; it is no longer true where it is a twentieth off.
    for (const [text, count] of counts) {
      expect(Math.abs((told[text] ?? 0) - count), `${text}: ${count}`).toBeLessThanOrEqual(Math.max(3, count / 20));
    }
  });

  it('may trust a check that is declared without facts', () => {
    for (const control of controls) {
      if (takesFacts(control) || (control.subject !== 'pod' && control.subject !== 'container')) continue;
      expect([...observe(control).asked], control.id).toEqual([]);
    }
  });
});

/** The classes of reasons, as the documentation has them. */
const classes: readonly { readonly text: string; readonly pattern: RegExp }[] = [
  { text: 'are about what no request carries', pattern: /^it is about an? .*, which no request carries$/ },
  { text: 'are about files', pattern: /^it is about files: / },
  { text: 'are about what API servers ask no webhook about', pattern: /about which API servers ask no webhook$/ },
  { text: 'look for what may come later', pattern: /^what it looks for may be created after / },
  { text: 'need more of the cluster', pattern: /^it needs more of the cluster than / },
];

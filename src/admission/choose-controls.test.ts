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

  it('leaves what needs more, and says so', () => {
    const { left } = everything;
    const more = 'it needs more than the one object that a request carries';
    expect(left.get('pods/subpath-cve')).toBe(more);
    expect(left.get('container-runtime/memory-limit')).toBe(more);
    expect(left.get('kubelet/anonymous-auth')).toBe('it is about a component, which no request carries');
    expect(left.get('authentication/bootstrap-tokens')).toBe(more);
    for (const { id } of controls) expect(chosen.has(id) !== left.has(id), id).toBe(true);
  });

  it('may trust a check that is declared without facts', () => {
    for (const control of controls) {
      if (takesFacts(control) || (control.subject !== 'pod' && control.subject !== 'container')) continue;
      expect([...observe(control).asked], control.id).toEqual([]);
    }
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import plugins from '../../../data/component-settings/admission-plugins.json' with { type: 'json' };
import gates from '../../../data/component-settings/feature-gates.json' with { type: 'json' };
import type { Component } from '../../model/component.ts';
import { settingTable } from '../component-config/table.ts';

interface Span {
  readonly addedIn?: string;
  readonly removedIn?: string;
  readonly noOpSince?: string;
  readonly lockedIn?: string;
  readonly confidence?: string;
}

interface Facts {
  readonly flags: Readonly<Record<string, Readonly<Record<string, Span>>>>;
  readonly admissionPlugins: Readonly<Record<string, Span>>;
  readonly featureGates: { readonly gates: Readonly<Record<string, Span>> };
}

/** `1.24` is 24; what is only scheduled is no number. */
function minorOf(text: string | undefined): number | undefined {
  const [, minor] = /^[13]\.(\d+)$/.exec(text ?? '') ?? [];
  return minor === undefined ? undefined : Number(minor);
}

/** What an upgrade is judged by: when flags, gates and plugins came and went. */
describe('what stops a component after an upgrade', () => {
  const path = new URL('../../../../shared/facts/flag-lifecycle.json', import.meta.url);
  const isThere = existsSync(path);
  if (!isThere) console.warn('skipped: the lifecycle of flags that was found is not here');
  const facts: Facts | undefined = isThere ? JSON.parse(readFileSync(path, 'utf8')) : undefined;

  it.skipIf(!isThere)('knows when each feature gate came, was locked, and went', () => {
    const known: Readonly<
      Record<string, { readonly since?: number; readonly removed?: number; readonly locked?: number }>
    > = gates.gates;
    const found = facts?.featureGates.gates ?? {};
    for (const [name, { addedIn, removedIn, lockedIn }] of Object.entries(found)) {
      const { since, removed, locked } = known[name] ?? {};
      expect([since, removed, locked], name).toEqual([addedIn, removedIn, lockedIn].map(minorOf));
    }
    expect(Object.keys(found).length).toBeGreaterThan(400);
  });

  it.skipIf(!isThere)('knows when each admission plugin came and went', () => {
    const rows: readonly { readonly name: string; readonly since?: number; readonly removed?: number }[] =
      plugins.plugins;
    const known = new Map(rows.map((row) => [row.name, row]));
    for (const [name, { addedIn, removedIn }] of Object.entries(facts?.admissionPlugins ?? {})) {
      const { since, removed } = known.get(name) ?? {};
      expect([since, removed], name).toEqual([addedIn, removedIn].map(minorOf));
    }
  });

  const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'etcd'];
  it.skipIf(!isThere).each(components)('knows when each flag of %s went', (component) => {
    const table = settingTable(component as Component);
    for (const [flag, { removedIn, confidence }] of Object.entries(facts?.flags[component] ?? {})) {
      const row = table.byFlag(flag.replace(/^--/, ''));
      const removed = minorOf(removedIn);
      // What has gone before all versions that are described is not known at all.
      if (removed === undefined || confidence !== 'high' || row === undefined) continue;
      expect(row.removed, flag).toBe(removed);
    }
  });
});

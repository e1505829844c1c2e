// What one more control costs over 10,000 workloads. Limit: 10 ms.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../scripts/setup.mjs';
import { median, row } from './measure.mjs';
import { podSpec } from './pods.mjs';

const { controls, judge } = await import(pathToFileURL(join(root, 'dist/index.js')).href);

/** A snapshot of Deployments, without a source text. */
export function deployments(count) {
  const objects = [];
  for (let index = 0; index < count; index += 1) {
    const name = `web-${index}`;
    const namespace = `team-${index % 50}`;
    const template = { metadata: { labels: { app: name } }, spec: podSpec(index) };
    const value = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { template } };
    const source = { file: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, document: 0, base: [] };
    objects.push({ apiVersion: 'apps/v1', kind: 'Deployment', name, namespace, value, source });
  }
  return { schema: 'bulwark.snapshot/v1', takenAt: '2026-11-21T00:00:00Z', objects, inputs: [], gaps: [] };
}

export default async function control() {
  const snapshot = deployments(10_000);
  const time = (chosen) => {
    const began = process.cpuUsage();
    judge(snapshot, { controls: chosen });
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
  for (let run = 0; run < 3; run += 1) time(controls);
  // The model is built anew in every run, so a single control is measured as the difference that many make.
  const all = [];
  const none = [];
  for (let run = 0; run < 7; run += 1) {
    none.push(time([]));
    all.push(time(controls));
  }
  const each = (median(all) - median(none)) / controls.length;
  row(`${controls.length} controls over 10,000 workloads, CPU`, `${median(all).toFixed(0)} ms`, '');
  row('of that the model', `${median(none).toFixed(0)} ms`, '');
  row('one more control, on average, findings included', `${each.toFixed(1)} ms`, 'limit 10 ms', each <= 10);
}

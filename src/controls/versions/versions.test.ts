import { describe } from 'vitest';
import { testExamples } from '../../../test/control-examples.ts';
import apiServed from '../api-lifecycle/served-version.ts';
import clusterVersion from './cluster-version.ts';
import componentVulnerabilities from './component-vulnerabilities.ts';
import imageVulnerabilities from './image-vulnerabilities.ts';
import nodeVulnerabilities from './node-vulnerabilities.ts';
import patchLevel from './patch-level.ts';
import serverVulnerabilities from './server-vulnerabilities.ts';
import skew from './skew.ts';
import unfixedVulnerabilities from './unfixed-vulnerabilities.ts';

const all = [apiServed, clusterVersion, componentVulnerabilities, imageVulnerabilities, nodeVulnerabilities, patchLevel, serverVulnerabilities, skew, unfixedVulnerabilities];
describe.each(all.map((control) => [control.id, control] as const))('%s', (_, control) => {
  testExamples(control);
});

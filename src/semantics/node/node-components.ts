import type { Distribution, Setting, SettingOrigin } from '../../model/component.ts';
import type { NodeEvidence } from '../../model/node.ts';
import type { NodeComponent, ObjectPlace } from '../../model/node-component.ts';
import type { KubeObject, Region } from '../../model/snapshot.ts';
import { resolveComponent } from '../component-config/index.ts';
import { type ComponentArgs, componentArgs } from './component-args.ts';
import { distributionOf } from './distribution.ts';
import { minorOfImage } from './image-version.ts';
import { instanceNames } from './instance-names.ts';

/** Of the objects that stand in reports for what is on a node and is no object of the API. */
export const nodeApiVersion = 'node.bulwark/v1';

export interface NodeComponentOptions {
  /** The version that the cluster's objects tell, for components whose own is not known. */
  readonly told?: ToldVersion | undefined;
  /** Minor version to take for that of Kubernetes, whatever the images say. */
  readonly as?: number | undefined;
}

/** A minor version, and whose it is: "Node w1", "the API server". */
export interface ToldVersion {
  readonly minor: number;
  readonly of: string;
}

/** The components of a node with the configuration that is in force. */
export function nodeComponents(node: NodeEvidence, { told, as }: NodeComponentOptions = {}): readonly NodeComponent[] {
  const started = componentArgs(node);
  const distribution = distributionOf(node);
  const ofNode = versionOfImages(started);
  const names = instanceNames(started, node.name);
  return started.map((args, index) => {
    const own = minorOfImage(args.component, args.image);
    const known = args.component === 'etcd' ? own : (as ?? own);
    const taken = known === undefined && args.component !== 'etcd' ? versionToTake(args, { told, ofNode }) : undefined;
    const name = names[index] ?? node.name;
    return nodeComponent(node, args, { name, minor: known, taken, distribution });
  });
}

/**
 * What to take for the version of a component that does not tell its own: a kubelet's is what its Node says, that of
 * the others what the control plane beside it has, which installers keep at one version.
 */
function versionToTake(
  { component }: ComponentArgs,
  { told, ofNode }: { readonly told: ToldVersion | undefined; readonly ofNode: ToldVersion | undefined },
): ToldVersion | undefined {
  return component === 'kubelet' ? (told ?? ofNode) : (ofNode ?? told);
}

interface Known {
  /** As reports call it. */
  readonly name: string;
  /** The component's own. */
  readonly minor: number | undefined;
  readonly taken: ToldVersion | undefined;
  readonly distribution: Distribution | undefined;
}

function nodeComponent(node: NodeEvidence, args: ComponentArgs, options: Known): NodeComponent {
  const { taken, minor = taken?.minor } = options;
  const { component, start } = args;
  const config = resolveComponent({
    component,
    args: args.args,
    env: new Map(Object.entries(args.env).map(([name, value]) => [name, { value, where: 'environment' }])),
    readFile: args.readFile,
    listFolder: args.listFolder,
    ...(minor !== undefined && { minor }),
    ...(taken !== undefined && { minorOf: taken.of }),
  });
  const main = mainFile(args);
  const identity = { apiVersion: nodeApiVersion, kind: component, name: options.name, namespace: undefined, value: {} };
  const objectIn = (file: string, region?: Region): KubeObject => ({
    ...identity,
    source: sourceOf(node, file, region),
  });
  const object = objectIn(main);
  return {
    component,
    node: node.name,
    evidence: node,
    config,
    start,
    ...(args.image !== undefined && { image: args.image }),
    args: args.args,
    ...(options.distribution !== undefined && { distribution: options.distribution }),
    object,
    readFile: args.readFile,
    onNode: args.onNode,
    placeOf: ({ name, origin }: Setting): ObjectPlace => {
      const at = originPlace(origin, args);
      return { object: at === undefined ? object : objectIn(at.file, at.region), path: [name] };
    },
  };
}

/** The file that a person would open to change the component: its manifest, unit, or the kubelet's configuration. */
function mainFile({ component, start, args }: ComponentArgs): string {
  if (start.by !== undefined) return start.by.file;
  return args[0]?.where ?? (start.pid === undefined ? component : `process ${start.pid} (${component})`);
}

function originPlace(origin: SettingOrigin, args: ComponentArgs): { file: string; region?: Region } | undefined {
  switch (origin.kind) {
    case 'flag':
      return { file: origin.where, ...(origin.line !== undefined && { region: pointAt(origin.line, 1) }) };
    case 'file':
      return { file: args.onNode(origin.file) ?? origin.file, region: pointAt(origin.line, origin.column) };
    case 'environment':
      return undefined;
    case 'default':
      return undefined;
  }
}

function pointAt(line: number, column: number): Region {
  return { line, column, endLine: line, endColumn: column };
}

/** Where a file of a node is, for whoever reads the report: below the root that was named, or on the node itself. */
export function sourceOf(node: NodeEvidence, file: string, region?: Region): KubeObject['source'] {
  const isPath = file.startsWith('/');
  const root = node.from === 'root' && isPath ? node.at.replace(/\/+$/, '') : '';
  return {
    file: root + file,
    document: 0,
    base: [],
    positions: { locate: () => region, toJSON: () => null },
  };
}

function versionOfImages(started: readonly ComponentArgs[]): ToldVersion | undefined {
  for (const { component, image } of started) {
    if (component === 'etcd') continue;
    const minor = minorOfImage(component, image);
    if (minor !== undefined) return { minor, of: `the image of ${component}` };
  }
  return undefined;
}

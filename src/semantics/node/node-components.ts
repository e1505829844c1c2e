import type { Distribution, Setting, SettingOrigin } from '../../model/component.ts';
import type { NodeEvidence } from '../../model/node.ts';
import type { NodeComponent, ObjectPlace } from '../../model/node-component.ts';
import type { KubeObject, Region } from '../../model/snapshot.ts';
import { resolveComponent } from '../component-config/index.ts';
import { type ComponentArgs, componentArgs } from './component-args.ts';
import { distributionOf } from './distribution.ts';
import { minorOfImage } from './image-version.ts';

/** Of the objects that stand in reports for what is on a node and is no object of the API. */
export const nodeApiVersion = 'node.bulwark/v1';

export interface NodeComponentOptions {
  /** Minor version of the cluster, where no image tells the component's own. */
  readonly minor?: number | undefined;
  /** Minor version to take for that of Kubernetes, whatever the images say. */
  readonly as?: number | undefined;
}

/** The components of a node with the configuration that is in force. */
export function nodeComponents(node: NodeEvidence, { minor, as }: NodeComponentOptions = {}): readonly NodeComponent[] {
  const started = componentArgs(node);
  const distribution = distributionOf(node);
  const fromImages = minorOfImages(started);
  return started.map((args) => {
    const known =
      args.component === 'etcd'
        ? minorOfImage(args.component, args.image)
        : (as ?? minorOfImage(args.component, args.image) ?? fromImages ?? minor);
    return nodeComponent(node, args, { minor: known, distribution });
  });
}

interface Known {
  readonly minor: number | undefined;
  readonly distribution: Distribution | undefined;
}

function nodeComponent(node: NodeEvidence, args: ComponentArgs, options: Known): NodeComponent {
  const { minor } = options;
  const { component, start } = args;
  const config = resolveComponent({
    component,
    args: args.args,
    env: new Map(Object.entries(args.env).map(([name, value]) => [name, { value, where: 'environment' }])),
    readFile: args.readFile,
    listFolder: args.listFolder,
    ...(minor !== undefined && { minor }),
  });
  const main = mainFile(args);
  const identity = { apiVersion: nodeApiVersion, kind: component, name: node.name, namespace: undefined, value: {} };
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

function minorOfImages(started: readonly ComponentArgs[]): number | undefined {
  for (const each of started) {
    if (each.component === 'etcd') continue;
    const minor = minorOfImage(each.component, each.image);
    if (minor !== undefined) return minor;
  }
  return undefined;
}

import type { Finding, FindingSubject } from '../engine/finding.ts';
import { type Location, locationOf } from './location.ts';
import { sortPlaces } from './order.ts';

/**
 * Every place of a finding as a SARIF location (3.28). Code scanning services refuse a whole log for one result
 * without an artifact, so live objects have one too: their API path, relative to the API server.
 */
export function sarifLocations(finding: Finding): unknown[] {
  const logicalLocations = [logicalLocation(finding.subject, finding.owner)];
  return sortPlaces(finding.places).map((place) => {
    const location = locationOf(place);
    return {
      physicalLocation: { artifactLocation: artifactLocation(location), ...region(location) },
      logicalLocations,
      properties: {
        path: location.path,
        ...(location.rendered && { rendered: location.rendered }),
      },
    };
  });
}

/** Kind, namespace, name and container: what the place is called, whatever file it is in. */
export function logicalLocation(
  { template, container }: FindingSubject,
  { kind, namespace, name }: Finding['owner'],
): unknown {
  const parts = [kind, namespace, name, template, container?.name];
  return {
    name: container?.name ?? name,
    fullyQualifiedName: parts.filter((part) => part !== undefined && part !== '').join('/'),
    kind: container === undefined ? 'resource' : 'container',
  };
}

interface Region {
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

/** Without a line the whole artifact is meant, and SARIF says that by leaving the region out. */
export function region({ line, column, endLine, endColumn }: Region): { region?: unknown } {
  if (line === undefined) return {};
  return { region: { startLine: line, startColumn: column, endLine, endColumn } };
}

export interface ArtifactLocation {
  readonly uri: string;
  readonly uriBaseId?: string;
}

export function artifactLocation({ file, source }: Pick<Location, 'file' | 'source'>): ArtifactLocation {
  if (source === 'cluster') return { uri: encodePath(file.replace(/^\/+/, '')), uriBaseId: 'CLUSTER' };
  return fileLocation(file);
}

/** A path as the user wrote it: relative ones count from the source root, which only the consumer knows. */
export function fileLocation(file: string): ArtifactLocation {
  if (file === '-') return { uri: 'file:///dev/stdin' };
  if (file.startsWith('/')) return { uri: `file://${encodePath(file)}` };
  const steps = file.split('/').filter((step) => step !== '.' && step !== '');
  return { uri: encodePath(steps.join('/')), uriBaseId: '%SRCROOT%' };
}

/** As most are, in their hundreds of thousands. */
const unreserved = /^[\w./~-]*$/;

/** Percent-encodes each step, `:` too, so that no path reads as a scheme. */
function encodePath(path: string): string {
  if (unreserved.test(path)) return path;
  return path
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/** What a file is to the Helm chart that it belongs to. */
export interface ChartPart {
  /** Absolute folder of the chart; a subchart under `charts/` belongs to its parent. */
  readonly chart: string;
  readonly part: 'template' | 'crd' | 'other';
}

/** Tells which chart files belong to. A chart is a folder with a Chart.yaml. */
export class Charts {
  private readonly known = new Map<string, boolean>();
  private readonly owners = new Map<string, string | undefined>();

  partOf(file: string): ChartPart | undefined {
    const chart = this.chartOf(dirname(file));
    if (chart === undefined) return undefined;
    let [room, ...below] = file.slice(chart.length + 1).split(sep);
    // charts/NAME/templates/x.yaml is a template as well.
    while (room === 'charts' && below.length > 1) [room, ...below] = below.slice(1);
    if (below.length > 0 && room === 'templates') return { chart, part: 'template' };
    if (below.length > 0 && room === 'crds') return { chart, part: 'crd' };
    return { chart, part: 'other' };
  }

  private chartOf(folder: string): string | undefined {
    if (this.owners.has(folder)) return this.owners.get(folder);
    const above = dirname(folder);
    const inherited = above === folder ? undefined : this.chartOf(above);
    const owner = inherited ?? (this.isChart(folder) ? folder : undefined);
    // A chart within another's folder is a subchart only below `charts/`; elsewhere it stands on its own.
    const own = this.isChart(folder) && basename(above) !== 'charts' ? folder : owner;
    this.owners.set(folder, own);
    return own;
  }

  private isChart(folder: string): boolean {
    let is = this.known.get(folder);
    if (is === undefined) {
      is = existsSync(join(folder, 'Chart.yaml'));
      this.known.set(folder, is);
    }
    return is;
  }
}

/** A library chart has nothing of its own to render. */
export function isLibrary(chart: string): boolean {
  try {
    return /^type:\s*["']?library\b/m.test(readFileSync(join(chart, 'Chart.yaml'), 'utf8'));
  } catch {
    return false;
  }
}

/** A release name for `helm template`, made from the chart's folder. */
export function releaseName(chart: string): string {
  const name = basename(chart)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 53)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'release' : name;
}

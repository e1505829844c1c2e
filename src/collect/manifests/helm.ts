import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Gap, KubeObject, SkippedInput } from '../../model/snapshot.ts';
import { splitDocuments } from '../../yaml/split.ts';
import { isLibrary, releaseName } from './chart.ts';
import { decodeManifest } from './decode.ts';
import { displayName, type FoundFile } from './find-files.ts';
import { type Collection, inParallel, type Piece, piece } from './pieces.ts';
import type { Renderer } from './renderer.ts';
import { shellWord } from './shell-word.ts';

/** The objects of the charts that the found templates belong to, or the templates as unrendered. */
export async function renderCharts(
  files: readonly FoundFile[],
  renderer: Renderer,
  collection: Collection,
): Promise<Piece[]> {
  const templates = new Map<string, FoundFile[]>();
  for (const file of files) {
    const part = collection.charts.partOf(file.path);
    if (part?.part !== 'template') continue;
    const known = templates.get(part.chart);
    if (known === undefined) templates.set(part.chart, [file]);
    else known.push(file);
  }
  return inParallel([...templates], 2, ([chart, found]) =>
    renderChart(new Chart(chart, found, collection.isFound(join(chart, 'Chart.yaml')), collection.cwd), renderer),
  );
}

class Chart {
  readonly folder: string;
  readonly name: string;
  readonly release: string;
  readonly templates: readonly FoundFile[];
  /** False where only some of its templates were asked for. */
  readonly isWhole: boolean;
  private readonly cwd: string;

  constructor(folder: string, templates: readonly FoundFile[], isWhole: boolean, cwd: string) {
    this.folder = folder;
    this.templates = templates;
    this.isWhole = isWhole;
    this.cwd = cwd;
    this.name = displayName(folder, cwd);
    this.release = releaseName(folder);
  }

  /** Helm names a template by the chart's name and the path within it. */
  templateFile(source: string): string {
    const path = join(this.folder, ...source.split('/').slice(1));
    return existsSync(path) ? displayName(path, this.cwd) : source;
  }

  skipTemplates(skip: Omit<SkippedInput, 'file'>): SkippedInput[] {
    return this.templates.map(({ name }) => ({ file: name, ...skip }));
  }
}

async function renderChart(chart: Chart, renderer: Renderer): Promise<Piece> {
  if (isLibrary(chart.folder)) {
    const reason = 'a library chart, which renders nothing of its own';
    return piece(chart.name, { inputs: chart.skipTemplates({ bucket: 'not-applicable', reason }) });
  }
  const hint = `helm template ${chart.release} ${shellWord(chart.name)} | bulwark scan -`;
  if (!renderer.hasHelm) {
    const reason = 'a Helm template, and there is no helm to render it';
    return piece(chart.name, { inputs: chart.skipTemplates({ bucket: 'unrendered', reason, hint }) });
  }
  const rendering = await renderer.helm(chart.folder, chart.release);
  if ('problem' in rendering) {
    const reason = 'a Helm template, and its chart could not be rendered';
    return piece(chart.name, {
      inputs: chart.skipTemplates({ bucket: 'unrendered', reason, hint }),
      gaps: [failure(chart, rendering.problem)],
    });
  }
  return renderedPiece(chart, rendering.output);
}

function failure(chart: Chart, problem: string): Gap {
  const missing = /dependenc/i.test(problem);
  return {
    code: 'render-failed',
    what: chart.name,
    reason: `helm template: ${problem}`,
    ...(missing && { hint: `helm dependency build ${shellWord(chart.name)}` }),
  };
}

function renderedPiece(chart: Chart, output: string): Piece {
  const decoded = decodeManifest(output, chart.name, { rendered: { by: 'helm', from: chart.name } });
  const templateOf = templatesByDocument(chart, output);
  const asked = new Set(chart.templates.map(({ name }) => name));
  const objects: KubeObject[] = [];
  const used = new Set<string>();
  for (const object of decoded.objects) {
    const template = templateOf.get(object.source.document);
    if (template !== undefined) used.add(template);
    if (!chart.isWhole && (template === undefined || !asked.has(template))) continue;
    const rendered = { by: 'helm', from: chart.name, ...(template !== undefined && { template }) } as const;
    objects.push({ ...object, source: { ...object.source, rendered } });
  }
  const idle = chart.templates.filter(({ name }) => !used.has(name));
  const reason = "renders no object with the chart's own values";
  return {
    name: chart.name,
    objects,
    inputs: [
      ...decoded.inputs.map(({ line: _line, column: _column, ...input }) => input),
      ...idle.map(({ name }): SkippedInput => ({ file: name, bucket: 'not-applicable', reason })),
    ],
    gaps: decoded.gaps,
  };
}

/** Helm begins each document with `# Source: chart/templates/x.yaml`. */
function templatesByDocument(chart: Chart, output: string): ReadonlyMap<number, string> {
  const templates = new Map<number, string>();
  for (const { index, start, end } of splitDocuments(output)) {
    const source = /^\s*# Source: (\S.*)$/m.exec(output.slice(start, Math.min(end, start + 1000)))?.[1];
    if (source !== undefined) templates.set(index, chart.templateFile(source.trim()));
  }
  return templates;
}

import type { ReportData, ReportFinding } from '../../src/report/html-data.ts';

/*
 * The report's page: it filters and groups what is in its own data element. It fetches nothing, keeps nothing but the
 * filters in the address, and builds the findings of a group when the group is opened.
 */

const severities = ['critical', 'high', 'medium', 'low', 'info'];
const pageSize = 100;

const data = JSON.parse(element('data').textContent ?? '') as ReportData;
const search = element('search') as HTMLInputElement;
const namespace = element('namespace') as HTMLSelectElement;
const component = element('component') as HTMLSelectElement;
const grouping = element('grouping') as HTMLSelectElement;
const list = element('groups');
const count = element('count');
const texts = data.findings.map(searchText);

interface Group {
  readonly title: string;
  readonly detail: string;
  /** Where it stands among groups of one severity. */
  readonly order: number;
  readonly note: readonly string[];
  readonly findings: ReportFinding[];
}

interface Filters {
  readonly words: readonly string[];
  readonly severities: ReadonlySet<string>;
  readonly namespace: string;
  readonly component: string;
}

const contents = new Map<HTMLElement, { readonly group: Group; shown: number }>();

fillChoices();
readAddress();
for (const input of [search, namespace, component, grouping, ...severityBoxes()]) {
  input.addEventListener('input', () => {
    writeAddress();
    show();
  });
}
element('open').addEventListener('click', () => setOpen(true));
element('close').addEventListener('click', () => setOpen(false));
element('clear').addEventListener('click', () => {
  clearFilters();
  writeAddress();
  show();
});
addEventListener('hashchange', () => {
  clearFilters();
  readAddress();
  show();
});
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement)
    return;
  event.preventDefault();
  search.focus();
});
addEventListener('beforeprint', () => {
  for (const group of list.querySelectorAll('details')) {
    group.open = true;
    fill(group, Number.POSITIVE_INFINITY);
  }
});
show();

function show(): void {
  const filters = currentFilters();
  const matching = data.findings.filter((finding, index) => matches(finding, texts[index] ?? '', filters));
  countTiles(matching);
  const found = matching.filter(({ severity }) => filters.severities.has(severity));
  const groups = groupsOf(found);
  list.replaceChildren(...groups.map(groupElement));
  count.textContent =
    found.length === data.findings.length
      ? `${plural(found.length, 'finding')} in ${plural(groups.length, 'group')}`
      : `${found.length} of ${plural(data.findings.length, 'finding')} in ${plural(groups.length, 'group')}`;
  element('none').hidden = groups.length > 0 || data.findings.length === 0;
  const first = list.querySelector('details');
  if (groups.length === 1 && first !== null) first.open = true;
}

/** What each severity has within the other filters, whether it is shown or not. */
function countTiles(matching: readonly ReportFinding[]): void {
  const counts = new Map<string, number>();
  for (const { severity } of matching) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  for (const box of severityBoxes()) {
    const tile = box.closest('label')?.querySelector('b');
    if (tile) tile.textContent = String(counts.get(box.value) ?? 0);
  }
}

/** Whether a finding is within the filters, that of severities left aside. */
function matches(finding: ReportFinding, text: string, filters: Filters): boolean {
  if (filters.namespace !== '' && namespaceOf(finding) !== filters.namespace.slice(1)) return false;
  if (filters.component !== '' && componentOf(finding) !== filters.component) return false;
  return filters.words.every((word) => text.includes(word));
}

function groupsOf(found: readonly ReportFinding[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const finding of found) {
    for (const group of keysOf(finding)) {
      const known = groups.get(group.title);
      if (known === undefined) groups.set(group.title, { ...group, findings: [finding] });
      else known.findings.push(finding);
    }
  }
  return [...groups.values()].sort(
    (a, b) => a.order - b.order || worst(a) - worst(b) || b.findings.length - a.findings.length,
  );
}

/** The groups that a finding belongs to: several where a benchmark asks for its control in several rows. */
function keysOf(finding: ReportFinding): readonly Group[] {
  const control = data.controls[finding.control];
  const object = data.objects[finding.object];
  if (control === undefined || object === undefined) return [];
  const findings: ReportFinding[] = [];
  const benchmark = data.benchmarks.find(({ id }) => benchmarkChoice(id) === grouping.value);
  if (benchmark !== undefined) {
    const rows = benchmark.checks.flatMap(({ id, title, controls }, order) =>
      controls.includes(finding.control) ? [{ title: `${id} ${title}`, detail: '', order, note: [], findings }] : [],
    );
    return rows.length > 0 ? rows : [{ title: 'Asked by no row', detail: '', order: 1e9, note: [], findings }];
  }
  switch (grouping.value) {
    case 'object':
      return [{ title: objectName(finding), detail: '', order: 0, note: [], findings }];
    case 'namespace':
      return [{ title: object.namespace || '(no namespace)', detail: '', order: 0, note: [], findings }];
    default:
      return [{ title: control.title, detail: control.id, order: 0, note: [control.why, control.fix], findings }];
  }
}

function groupElement(group: Group): HTMLElement {
  const details = make('details', 'group');
  const summary = make('summary', '');
  summary.append(
    badge(severities[worst(group)] ?? 'info'),
    make('span', 'title', group.title),
    make('code', 'id', group.detail),
    make('span', 'number', String(group.findings.length)),
  );
  details.append(summary);
  contents.set(details, { group, shown: 0 });
  details.addEventListener('toggle', () => {
    if (details.open && contents.get(details)?.shown === 0) fill(details, pageSize);
  });
  return details;
}

/** Shows the findings of a group that are not there yet, up to `most` of them. */
function fill(details: HTMLElement, most: number): void {
  const content = contents.get(details);
  if (content === undefined) return;
  const { group, shown } = content;
  if (shown === 0) for (const text of group.note) if (text !== '') details.append(make('p', 'note', text));
  const items = details.querySelector('ul') ?? make('ul', 'findings');
  items.append(...group.findings.slice(shown, shown + most).map(findingElement));
  details.append(items);
  content.shown = items.children.length;
  details.querySelector(':scope > button')?.remove();
  const left = group.findings.length - content.shown;
  if (left === 0) return;
  const more = make('button', '', `Show ${Math.min(left, pageSize)} of ${left} more`);
  more.addEventListener('click', () => fill(details, pageSize));
  details.append(more);
}

function findingElement(finding: ReportFinding): HTMLElement {
  const item = make('li', 'finding');
  const head = make('div', 'head');
  head.append(badge(finding.severity));
  if (grouping.value !== 'object') head.append(make('strong', 'object', subjectName(finding)));
  else if (finding.container !== '') head.append(make('strong', 'object', finding.container));
  if (grouping.value !== 'control') head.append(make('code', 'id', data.controls[finding.control]?.id ?? ''));
  item.append(head, make('p', 'message', finding.message));
  const places = make('p', 'places');
  for (const place of finding.places) places.append(make('code', '', place));
  item.append(places);
  item.title = `fingerprint ${finding.fingerprint}`;
  return item;
}

function setOpen(open: boolean): void {
  for (const group of list.querySelectorAll('details')) group.open = open;
}

function currentFilters(): Filters {
  return {
    words: search.value.toLowerCase().split(/\s+/).filter(Boolean),
    severities: new Set(severityBoxes().flatMap((box) => (box.checked ? [box.value] : []))),
    namespace: namespace.value,
    component: component.value,
  };
}

function clearFilters(): void {
  search.value = '';
  namespace.value = '';
  component.value = '';
  grouping.value = 'control';
  for (const box of severityBoxes()) box.checked = true;
}

function readAddress(): void {
  const asked = new URLSearchParams(location.hash.slice(1));
  search.value = asked.get('q') ?? '';
  choose(namespace, asked.get('namespace') ?? '');
  choose(component, asked.get('component') ?? '');
  choose(grouping, asked.get('by') ?? 'control');
  const only = asked.get('severity')?.split(',');
  for (const box of severityBoxes()) box.checked = only === undefined || only.includes(box.value);
}

function writeAddress(): void {
  const filters = currentFilters();
  const asked = new URLSearchParams();
  if (search.value !== '') asked.set('q', search.value);
  if (filters.namespace !== '') asked.set('namespace', filters.namespace);
  if (filters.component !== '') asked.set('component', filters.component);
  if (grouping.value !== 'control') asked.set('by', grouping.value);
  if (filters.severities.size < severities.length) asked.set('severity', [...filters.severities].join(','));
  const text = asked.toString();
  history.replaceState(null, '', text === '' ? location.pathname + location.search : `#${text}`);
}

function fillChoices(): void {
  const namespaces = new Set(data.findings.map(namespaceOf));
  // The value has a mark before the name, since no namespace at all is a choice, too.
  for (const name of [...namespaces].sort()) option(namespace, `:${name}`, name === '' ? '(no namespace)' : name);
  for (const name of [...new Set(data.findings.map(componentOf))].sort()) option(component, name, name);
  for (const { id, title } of data.benchmarks) option(grouping, benchmarkChoice(id), `by row of ${title}`);
}

/** How an edition is named among the groupings, and in the address. */
function benchmarkChoice(id: string): string {
  return `benchmark:${id}`;
}

function option(select: HTMLSelectElement, value: string, text: string): void {
  const made = make('option', '', text) as HTMLOptionElement;
  made.value = value;
  select.append(made);
}

function choose(select: HTMLSelectElement, value: string): void {
  const known = [...select.options].some((each) => each.value === value);
  select.value = known ? value : (select.options[0]?.value ?? '');
}

function severityBoxes(): readonly HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>('input[name=severity]')];
}

/** Findings come gravest first. */
function worst({ findings }: Group): number {
  return severities.indexOf(findings[0]?.severity ?? 'info');
}

function searchText(finding: ReportFinding): string {
  const { id = '', title = '' } = data.controls[finding.control] ?? {};
  return [subjectName(finding), id, title, finding.message, finding.fingerprint, ...finding.places]
    .join('\n')
    .toLowerCase();
}

function objectName({ object }: ReportFinding): string {
  const { kind = '', name = '', namespace: space = '' } = data.objects[object] ?? {};
  return `${kind} ${space === '' ? name : `${space}/${name}`}`;
}

function subjectName(finding: ReportFinding): string {
  const whole = objectName(finding);
  return finding.container === '' ? whole : `${whole} · ${finding.container}`;
}

function namespaceOf({ object }: ReportFinding): string {
  return data.objects[object]?.namespace ?? '';
}

function componentOf({ control }: ReportFinding): string {
  return data.controls[control]?.id.split('/')[0] ?? '';
}

function badge(severity: string): HTMLElement {
  return make('span', `badge ${severity}`, severity);
}

function plural(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** Text is set as text: nothing of the input is ever read as markup. */
function make<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, text?: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (name !== '') made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

import type { Finding, Place } from '../engine/finding.ts';
import { type Location, locationOf } from './location.ts';
import { counted, objectName } from './names.ts';
import type { NodeMends } from './node-mends.ts';
import { sortPlaces } from './order.ts';
import { capitalised, fixSentence, remedyOf, sentence } from './remedy.ts';
import { findingsOf, firstOwners, type Group, isInFile, type OwnerFindings } from './terminal-groups.ts';
import type { Page } from './terminal-page.ts';
import { padEnd, textWidth, unbroken, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';
import { worseningWords } from './worsening-words.ts';

/** Objects that a group names before it counts the rest. */
const shownOwners = { critical: 5, high: 3, medium: 2, low: 2, info: 2 } as const;

/** Longest message that is printed whole: names in the input can have any length. */
const longestMessage = 400;
const longestName = 260;

/** Whether a group of low severity gets one line instead of a block. */
export function isFolded({ severity }: Group, { detail }: Page): boolean {
  return detail === 'short' && (severity === 'low' || severity === 'info');
}

/** Where, what, why, and how to mend it. */
export function findingGroup(group: Group, page: Page, mends: NodeMends): string[] {
  const { control, severity, owners } = group;
  const { style } = page;
  const shown = firstOwners(group, page.detail === 'full' ? owners.length : shownOwners[severity]);
  const hidden = owners.length - shown.length;
  return [
    ...headingLines(group, page),
    ...entryLines(
      shown.flatMap((owner) => entriesOf(owner, group, page)),
      page,
    ),
    ...(hidden > 0 ? [style.faint(`    and ${hidden} more; --verbose shows all`)] : []),
    ...wrap(sentence(control.why), { width: page.proseWidth, lead: '  Why  ' }),
    ...fixLines(group, page, mends),
  ];
}

function headingLines(group: Group, { style, width }: Page): string[] {
  const { control, severity, extent: affected } = group;
  const word = severity.toUpperCase();
  const head = `${unbroken(control.id)} fails for ${affected}`;
  const [first = '', ...others] = wrap(head, { width, lead: `${word}  ` });
  return [
    `${style.severity(severity, word)}${style.strong(first.slice(word.length))}`,
    ...others.map(style.strong),
    ...wrap(sentence(control.title), { width, lead: '  Goal ' }),
  ];
}

/** Remedies of single cases that are printed before the rest is left to `--verbose`. */
const shownRemedies = { short: 2, full: 20 } as const;

function fixLines(group: Group, page: Page, mends: NodeMends): string[] {
  const { control, owners } = group;
  const byFix = [
    ...(owners.some(isInFile) ? fixSentence(control) : []),
    ...(control.mend === undefined ? [] : mends.sentencesFor(control, findingsOf(group))),
  ];
  const sentences = [...ownRemedies(group, page), ...remedyOf(control), ...byFix];
  if (sentences.length === 0) return [];
  return wrap(sentences.join(' ').replaceAll('bulwark fix', unbroken('bulwark fix')), {
    width: page.proseWidth,
    lead: '  Fix  ',
  });
}

/** What single cases need, beyond what mends all. */
function ownRemedies({ owners }: Group, { detail }: Page): string[] {
  const own = new Set(owners.flatMap(({ findings }) => findings.flatMap(({ failure }) => failure.remedy ?? [])));
  const shown = [...own].sort().slice(0, shownRemedies[detail]);
  const more = own.size - shown.length;
  return [
    ...shown.map((text) => sentence(visibleShort(capitalised(text), longestMessage))),
    ...(more > 0 ? [`And ${more} more like it.`] : []),
  ];
}

/** A finding: the place to go to, and what is wrong there. */
interface Entry {
  readonly place: string;
  readonly text: string;
}

function entriesOf({ owner, findings }: OwnerFindings, group: Group, { detail, worse }: Page): Entry[] {
  const name = visibleShort(objectName(owner), longestName);
  const shown = detail === 'full' ? findings : findings.slice(0, 1);
  const hidden = findings.length - shown.length;
  return shown.map((finding) => {
    const worsening = worse?.get(finding);
    const notes = [
      ...(worsening === undefined ? [] : [`worse than in the baseline: ${visible(worseningWords(worsening))}`]),
      ...(finding.severity === group.severity ? [] : [finding.severity]),
      ...(hidden === 0 ? [] : [`and ${hidden} more here`]),
    ];
    const note = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
    return entryOf(finding, { name, note, detail });
  });
}

interface EntryOptions {
  readonly name: string;
  readonly note: string;
  readonly detail: Page['detail'];
}

function entryOf(finding: Finding, { name, note, detail }: EntryOptions): Entry {
  const { subject, places } = finding;
  const message = visibleShort(finding.message, longestMessage);
  const inPod = subject.object === finding.owner ? '' : `, in ${visibleShort(objectName(subject.object), longestName)}`;
  const [first, ...others] = sortPlaces(places);
  const location = first && locationOf(first);
  if (location === undefined || location.source === 'cluster') {
    const field =
      location === undefined || location.path === '' ? '' : ` (${visibleShort(location.path, longestMessage)})`;
    return { place: `${name}${inPod}`, text: `${message}${field}${note}` };
  }
  return { place: fileText(location), text: `${name}${inPod}: ${message}${note}${otherPlaces(others, detail)}` };
}

function otherPlaces(places: readonly Place[], detail: Page['detail']): string {
  if (places.length === 0) return '';
  if (detail === 'short') return `, also in ${counted(places.length, 'other place')}`;
  return `, also at ${places.map((place) => unbroken(fileText(locationOf(place)))).join(' and ')}`;
}

/** `web.yaml:23:15`, or the template and the chart or overlay that it belongs to. */
function fileText({ file, line, column, rendered }: Location): string {
  if (rendered !== undefined) return visible(rendered.from === file ? file : `${file} (${rendered.from})`);
  return line === undefined ? visible(file) : `${visible(file)}:${line}:${column ?? 1}`;
}

/** Places in a column with the text beside them where everything fits, else the text below each. */
function entryLines(entries: readonly Entry[], { style, width }: Page): string[] {
  const columns = entries.reduce((widest, { place }) => Math.max(widest, textWidth(place)), 0);
  const fits = entries.every(({ text }) => 4 + columns + 2 + textWidth(text) <= width);
  if (fits) return entries.map(({ place, text }) => `    ${style.strong(padEnd(place, columns))}  ${text}`);
  return entries.flatMap(({ place, text }) => [`    ${style.strong(place)}`, ...wrap(text, { width, lead: '      ' })]);
}

/** Findings that can wait: a line a control, with its title where all titles fit. */
export function foldedGroups(groups: readonly Group[], { style, width }: Page): string[] {
  if (groups.length === 0) return [];
  const idColumns = Math.max(...groups.map(({ control }) => control.id.length));
  const extentColumns = Math.max(...groups.map(({ extent }) => extent.length));
  const rows = groups.map((group) => ({
    group,
    row: `${padEnd(group.control.id, idColumns)}  ${padEnd(group.extent, extentColumns)}`,
  }));
  const titlesFit = rows.every(({ group, row }) => 8 + row.length + 2 + group.control.title.length <= width);
  return [
    style.strong('Of lower severity; --verbose shows them'),
    ...rows.flatMap(({ group: { severity, control }, row }) => {
      const word = padEnd(severity, 4);
      const text = (titlesFit ? `${row}  ${control.title}` : row).trimEnd();
      const [first = '', ...others] = wrap(text, { width, lead: `  ${word}  ` });
      return [`  ${style.severity(severity, word)}${first.slice(2 + word.length)}`, ...others];
    }),
  ];
}

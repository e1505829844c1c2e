import type { ControlError, Judgement } from '../engine/judge.ts';
import { OwnControlError } from '../engine/own-control.ts';
import { unreadIn } from '../engine/unread.ts';
import type { Gap, GapCode, PolicyRule, SkippedInput } from '../model/snapshot.ts';
import { groupBy } from './group-by.ts';
import { counted, objectName } from './names.ts';
import { sortErrors, sortGaps, sortSkipped } from './order.ts';
import { errorText } from './summary.ts';
import type { Page } from './terminal-page.ts';
import { unbroken, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

/** Items of a list before the rest is counted, and the longest text of one. */
const shownItems = 5;
const longestItem = 400;

/** What was asked for and not read or not judged, so that nobody takes silence for a pass. A block a list. */
export function accountLines(judgement: Judgement, page: Page): string[][] {
  const { errors, gaps, inputs } = judgement;
  const skipped = sortSkipped(inputs.skipped);
  const unparsable = skipped.filter(({ bucket }) => bucket === 'unparsable');
  const unrendered = skipped.filter(({ bucket }) => bucket === 'unrendered');
  return [
    ...[...groupBy(sortErrors(errors), errorHeading)].map(([heading, members]) =>
      listBlock(`${counted(members.length, 'control error')}: ${heading}`, {
        items: members.map(({ control, subject, error }) => ({
          place: subject.object.source.file,
          text: `${control.id} on ${objectName(subject.object)}: ${errorText(error)}`,
        })),
        page,
      }),
    ),
    ...[...groupBy(sortGaps(gaps), gapHeading)].map(([heading, members]) =>
      listBlock(heading.replace('#', counted(members.length, 'gap')), { items: members.map(gapItem), page }),
    ),
    listBlock(`Incomplete: ${counted(unparsable.length, 'document')} cannot be parsed`, {
      items: unparsable.map(skippedItem),
      page,
    }),
    listBlock('Not read, and a scan is complete without', {
      items: sortGaps(unreadIn(judgement)).map(gapItem),
      page,
    }),
    listBlock(`Not rendered, so not judged: ${counted(unrendered.length, 'input')}`, {
      items: unrendered.map(unrenderedItem),
      page,
    }),
  ].filter((lines) => lines.length > 0);
}

function errorHeading({ error }: ControlError): string {
  return error instanceof OwnControlError
    ? 'of modules that were given with --controls'
    : 'defects of Bulwark, please report them';
}

interface Item {
  /** A file, with line and column where known, or what else could not be read: never broken over lines. */
  readonly place: string;
  readonly text?: string;
  /** What to do, said once for all that share it. */
  readonly hint?: string | undefined;
}

/** A heading with a list below it; nothing where the list is empty. Headings that do not start with `Not` alarm. */
export function listBlock(heading: string, { items, page }: { items: readonly Item[]; page: Page }): string[] {
  if (items.length === 0) return [];
  const { style, width, proseWidth } = page;
  const lines = [heading.startsWith('Not ') ? style.strong(heading) : style.alarming(heading)];
  let left = page.detail === 'full' ? items.length : shownItems;
  for (const [hint, members] of groupBy(items, (item) => item.hint)) {
    if (left === 0) break;
    for (const { place, text } of members.slice(0, left)) {
      const rest = text === undefined ? '' : `: ${visibleShort(text, longestItem)}`;
      lines.push(...wrap(`${unbroken(visible(place))}${rest}`, { width, lead: '  ' }));
    }
    left = Math.max(0, left - members.length);
    if (hint !== undefined) lines.push(...wrap(visible(hint), { width: proseWidth, lead: '  Note  ' }));
  }
  const hidden = page.detail === 'full' ? 0 : items.length - shownItems;
  if (hidden > 0) lines.push(style.faint(`  and ${hidden} more; --verbose shows all`));
  return lines;
}

const gapHeadings: Readonly<Record<GapCode, string>> = {
  unreadable: 'Incomplete: # where an input cannot be read',
  malformed: 'Incomplete: # where an object is not what its API says',
  forbidden: 'Incomplete: # where reading is forbidden',
  unavailable: 'Incomplete: # where nothing answered',
  interrupted: 'Incomplete: # where reading ended early',
  'too-large': 'Incomplete: # where an input is too large',
  'render-failed': 'Incomplete: # where rendering failed',
};

function gapHeading({ code }: Gap): string {
  return gapHeadings[code];
}

function gapItem({ what, reason, hint, region, rule }: Gap): Item {
  const at = region === undefined ? '' : `:${region.line}:${region.column}`;
  const closing = rule === undefined ? '' : ` (needs ${ruleText(rule)})`;
  return { place: `${what}${at}`, text: `${reason}${closing}`, hint };
}

/** `get,list deployments.apps`, as `kubectl auth can-i` names resources. */
function ruleText({ apiGroups = [], resources = [], nonResourceURLs = [], verbs }: PolicyRule): string {
  const named = resources.flatMap((resource) =>
    (apiGroups.length === 0 ? [''] : apiGroups).map((group) => (group === '' ? resource : `${resource}.${group}`)),
  );
  return `${verbs.join(',')} ${[...named, ...nonResourceURLs].join(',')}`;
}

/** Charts are unrendered for one reason, by the dozen: it is said once. */
function unrenderedItem({ file, reason, hint }: SkippedInput): Item {
  return { place: file, hint: hint === undefined ? reason : `${reason}: ${hint}` };
}

function skippedItem({ file, line, column, reason, hint }: SkippedInput): Item {
  const at = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
  return { place: `${file}${at}`, text: reason, hint };
}

import type { Facts } from '../facts/facts.ts';
import type { Component, Setting } from '../model/component.ts';
import type { FixSafety } from '../model/edit.ts';
import type { Json } from '../model/json.ts';
import type { NodeChange } from '../model/node-change.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { Severity } from '../model/severity.ts';
import { type Failure, fail, notApplicable, pass, unknown, type Verdict } from '../model/verdict.ts';
import { changeText } from '../semantics/node/change-text.ts';
import { settingText, whyNotKnown } from '../semantics/node/setting-text.ts';
import { type Control, type ControlDefinition, control, type Examples, type Profile } from './control.ts';

/** A requirement that is about one setting of one component. */
export interface SettingRow {
  /** Last part of the control's id. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly profile?: Profile;
  readonly why: string;
  readonly remedy?: string;
  readonly coveredBy?: readonly string[];
  /** The setting by its resolver's name: a configuration field, or a flag without dashes. */
  readonly setting: string;
  /**
   * What is wrong with a value, to be put behind the setting and its value ("lets anyone call the API"); undefined
   * where nothing is. A verdict where the case is another one.
   */
  readonly wrong: (value: Json, component: NodeComponent, facts: Facts) => string | Verdict | undefined;
  /** Why the requirement is none of this component's, such as another setting that makes it moot. */
  readonly moot?: (component: NodeComponent, facts: Facts) => string | undefined;
  /** The value that mends it, where one value is right everywhere; with what must hold first. */
  readonly mend?: {
    readonly value: Json | ((component: NodeComponent) => Json | undefined);
    readonly safety: FixSafety;
    readonly first?: string;
    readonly refusal?: (component: NodeComponent, facts: Facts) => string | undefined;
    /** Other settings that have to change with it. */
    readonly also?: readonly NodeChange[];
  };
  readonly examples: Examples;
}

/** The controls of a component's settings, from a table: what they share is only here. */
export function settingControls(component: Component, rows: readonly SettingRow[]): readonly Control<'component'>[] {
  return rows.map((row) => {
    const { name, setting: _setting, wrong: _wrong, moot: _moot, mend, ...rest } = row;
    const definition: ControlDefinition<'component'> = {
      ...rest,
      id: `${component}/${name}`,
      subject: 'component',
      component,
      check: ({ component: subject }, facts) => checkSetting(subject, { row, facts }),
      ...(mend !== undefined && {
        mend: {
          safety: mend.safety,
          ...(mend.first !== undefined && { first: mend.first }),
          changes: ({ component: subject }) => changesOf(row, subject),
          refusal: ({ component: subject }, _failure, facts) => mend.refusal?.(subject, facts),
        },
      }),
    };
    return control(definition);
  });
}

interface Question {
  readonly row: SettingRow;
  readonly facts: Facts;
}

function checkSetting(subject: NodeComponent, { row, facts }: Question): Verdict {
  const moot = row.moot?.(subject, facts);
  if (moot !== undefined) return notApplicable(moot);
  const setting = subject.config.get(row.setting);
  if (setting === undefined) return notApplicable(`this version of ${subject.component} has no ${row.setting}`);
  if (setting.value === null) return unknown(whyNotKnown(setting));
  const wrong = row.wrong(setting.value, subject, facts);
  if (wrong === undefined) return pass;
  if (typeof wrong !== 'string') return wrong.kind === 'fail' ? placed(wrong, subject, setting) : wrong;
  // What must not be changed here as it is, is no remedy: the control's own says what comes first.
  const changes = row.mend?.refusal?.(subject, facts) === undefined ? changesOf(row, subject) : [];
  return settingFailure(subject, setting, { says: wrong, changes });
}

function changesOf(row: SettingRow, subject: NodeComponent): readonly NodeChange[] {
  if (row.mend === undefined) return [];
  const { value, also = [] } = row.mend;
  const wanted = typeof value === 'function' ? value(subject) : value;
  if (wanted === undefined) return [];
  return [{ kind: 'setting', component: subject.component, name: row.setting, value: wanted }, ...also];
}

/**
 * A failure at the place where a setting is said: "profiling is true (the default): serves heap dumps". `says` goes
 * behind the setting; `changes` are what would mend it, and become the failure's remedy.
 */
export function settingFailure(
  subject: NodeComponent,
  setting: Setting,
  { says, changes = [], ...more }: { says: string; changes?: readonly NodeChange[] } & Partial<Omit<Failure, 'kind'>>,
): Failure {
  const remedy = changes.map((change) => changeText(change, subject)).join('; ');
  return placed(
    fail(`${settingText(setting)}: ${says}`, [setting.name], { ...(remedy !== '' && { remedy }), ...more }),
    subject,
    setting,
  );
}

function placed(failure: Failure, subject: NodeComponent, setting: Setting): Failure {
  return failure.place === undefined ? { ...failure, place: subject.placeOf(setting) } : failure;
}

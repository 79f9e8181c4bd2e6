import { json, notFound, type Route } from '../http/http.js';
import type { AmsContext } from './context.js';
import { FORM_TYPES } from './definitions.js';
import { accessDenied, type StoredForm } from './directory.js';

export function formRoutes(context: AmsContext): Route[] {
  const { directory } = context;
  const summaries = context.get(
    'v3',
    'forms/summaries',
    (call) => {
      const forms = directory.formsOf(context.accountOf(call));
      const lists = FORM_TYPES.map((type) => {
        const ofType = forms.filter((form) => form.type === type).map(summaryView);
        return [type, ofType.length === 0 ? null : ofType];
      });
      return json(Object.fromEntries(lists));
    },
    'forms.summaries',
  );
  const schema = context.get(
    'v3',
    'forms/:type/:id',
    (call) => {
      const { type, id } = call.params;
      const form = directory.forms.find((each) => each.type === type && String(each.id) === id);
      if (form === undefined) throw notFound('Form');
      if (!directory.formsOf(context.accountOf(call)).includes(form)) throw accessDenied();
      return json(treeView(form));
    },
    'forms.get',
  );
  return [summaries, schema];
}

const summaryView = ({ id, name, category, readOnly }: StoredForm) => ({
  id,
  name,
  mainCategory: category,
  isReadOnly: readOnly,
  groupEntryEnabled: false,
});

/** Sections hold fields. */
function treeView({ id, name, type, fields }: StoredForm) {
  const sections = [...new Set(fields.map(({ section }) => section))].map((section) => ({
    name: section,
    type: 'FormFieldSet',
    children: fields.filter((field) => field.section === section).map(fieldView),
  }));
  return { id, name, type, children: sections };
}

const fieldView = ({ name, type, required, options }: StoredForm['fields'][number]) => ({
  name,
  type: 'FormItem',
  instructions: null,
  required,
  defaultsToLastKnownValue: false,
  formItemType: type,
  options: options.length === 0 ? null : options,
  scores: null,
  dateSelection: null,
  children: null,
});

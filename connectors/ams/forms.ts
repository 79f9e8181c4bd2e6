import { nearNamesText } from '../common/near-names.js';
import type { Api } from './api.js';
import { amsError } from './errors.js';
import type { AmsForm } from './port.js';
import { shaped } from './reply.js';
import { formTreeSchema, summariesSchema } from './schema.js';

export async function findForm(api: Api, name: string, signal: AbortSignal | undefined): Promise<AmsForm> {
  const forms = await api.call({ endpoint: 'v3/forms/summaries', read: shaped(summariesSchema) }, signal);
  const [form, ...others] = forms.filter((each) => each.name === name);
  if (form === undefined) {
    const names = forms.map((each) => each.name);
    throw amsError(
      'AMS_FORM_NOT_FOUND',
      `There is no form named ${JSON.stringify(name)}. ${nearNamesText(name, names)}`,
    );
  }
  if (others.length > 0) {
    const found = [form, ...others].map(({ type, id }) => `${type} ${id}`).join(', ');
    throw amsError('AMS_FORM_AMBIGUOUS', `${others.length + 1} forms are named ${JSON.stringify(name)}: ${found}`);
  }
  const endpoint = `v3/forms/${encodeURIComponent(form.type)}/${form.id}`;
  return { ...form, fields: await api.call({ endpoint, read: shaped(formTreeSchema) }, signal) };
}

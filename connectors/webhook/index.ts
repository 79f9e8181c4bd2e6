export { Webhook, type WebhookOptions } from './client.js';

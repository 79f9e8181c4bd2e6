export { resume as action } from './pause.js';

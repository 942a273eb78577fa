import composer from './composer.json'
import contact from './contact.json'
import offer from './offer.json'
import problems from './problems.json'
import settings from './settings.json'
import shell from './shell.json'
import signin from './signin.json'
import ticket from './ticket.json'
import words from './words.json'
import work from './work.json'

export default { composer, contact, offer, problems, settings, shell, signin, ticket, words, work }

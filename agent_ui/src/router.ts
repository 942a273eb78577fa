/** Where things are. Screens load when they are first shown. */
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw, type Router } from 'vue-router'
import { isSetUpNeeded } from './api/people'
import { useSession } from './stores/session'

export const OPEN_ROUTES: readonly string[] = ['sign-in', 'set-up', 'unreachable']

export function createConsoleRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/sign-in', name: 'sign-in', component: () => import('./signin/SignIn.vue') },
      { path: '/setup', name: 'set-up', component: () => import('./signin/SetUp.vue') },
      { path: '/unreachable', name: 'unreachable', component: () => import('./signin/Unreachable.vue') },
      {
        path: '/',
        component: () => import('./shell/AppShell.vue'),
        children: [
          { path: '', redirect: '/work' },
          ...['/work/:ticketId?', '/queues/:queueId/:ticketId?', '/queues', '/views/:view/:ticketId?', '/search/:ticketId?'].map(
            (path) => ({ path, name: path.split('/')[1] + (path === '/queues' ? '-index' : ''), component: () => import('./workspace/Workspace.vue') }),
          ),
          { path: '/views', redirect: '/views/unassigned' },
          { path: '/tickets/:ticketId', redirect: (to) => `/work/${String(to.params.ticketId)}` },
          {
            path: '/settings',
            component: () => import('./settings/SettingsShell.vue'),
            children: [
              { path: '', redirect: '/settings/profile' },
              { path: 'profile', name: 'settings-profile', component: () => import('./settings/ProfilePage.vue') },
              { path: 'sessions', name: 'settings-sessions', component: () => import('./settings/SessionsPage.vue') },
              { path: 'people', name: 'settings-people', component: () => import('./settings/PeoplePage.vue'), meta: { administrator: true } },
              { path: 'teams', name: 'settings-teams', component: () => import('./settings/TeamsPage.vue'), meta: { administrator: true } },
              { path: 'queues', name: 'settings-queues', component: () => import('./settings/QueuesPage.vue'), meta: { administrator: true } },
              { path: 'queues/:queueId', name: 'settings-queue', component: () => import('./routing/QueueSetupPage.vue'), props: true, meta: { administrator: true } },
              { path: 'skills', name: 'settings-skills', component: () => import('./routing/SkillsPage.vue'), meta: { administrator: true } },
              { path: 'rules', name: 'settings-rules', component: () => import('./routing/RulesPage.vue'), meta: { administrator: true } },
              { path: 'reasons', name: 'settings-reasons', component: () => import('./routing/ReasonsPage.vue'), meta: { administrator: true } },
              { path: 'capacity', name: 'settings-capacity', component: () => import('./routing/CapacityPage.vue'), meta: { supervisor: true } },
              { path: 'stuck', name: 'settings-stuck', component: () => import('./routing/StuckPage.vue'), meta: { supervisor: true } },
              { path: 'inboxes', name: 'settings-inboxes', component: () => import('./inboxes/InboxesPage.vue'), meta: { administrator: true } },
              { path: 'inboxes/new', name: 'settings-inbox-new', component: () => import('./inboxes/InboxPage.vue'), props: { inboxId: null }, meta: { administrator: true } },
              { path: 'inboxes/:inboxId', name: 'settings-inbox', component: () => import('./inboxes/InboxPage.vue'), props: true, meta: { administrator: true } },
              { path: 'calendars', name: 'settings-calendars', component: () => import('./sla/CalendarsPage.vue'), meta: { administrator: true } },
              { path: 'sla', name: 'settings-sla', component: () => import('./sla/PoliciesPage.vue'), meta: { administrator: true } },
              { path: 'templates', name: 'settings-templates', component: () => import('./templates/TemplatesPage.vue'), meta: { administrator: true } },
              { path: 'quarantine', name: 'settings-quarantine', component: () => import('./quarantine/QuarantinePage.vue'), meta: { supervisor: true } },
            ],
          },
          { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./shell/NowherePage.vue') },
        ],
      },
    ],
  })
  router.beforeEach(guard)
  return router
}

async function guard(to: RouteLocationNormalized): Promise<RouteLocationRaw | boolean> {
  if (to.name === 'unreachable') return true
  const session = useSession()
  try {
    if (!session.asked) await session.ask()
    if (session.user !== null) return forSignedIn(to, session)
    const needed = await isSetUpNeeded()
    if (needed) return to.name === 'set-up' || { name: 'set-up' }
    return to.name === 'sign-in' || { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  } catch {
    return { name: 'unreachable', query: { next: to.fullPath } }
  }
}

function forSignedIn(to: RouteLocationNormalized, session: { isAdministrator: boolean; maySupervise: boolean }): RouteLocationRaw | boolean {
  if (to.name === 'sign-in' || to.name === 'set-up') return safeNext(to.query.next)
  if (to.meta.administrator === true && !session.isAdministrator) return '/settings/profile'
  if (to.meta.supervisor === true && !session.maySupervise) return '/settings/profile'
  return true
}

/** Where to go after signing in: only ever a path of our own. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/'
}

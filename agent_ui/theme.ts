/** Phones zoom into fields with smaller letters than 16 px, so fields shrink on wider screens only. */
const fields = [
  { size: 'sm', fixed: false, class: 'md:text-[13px]/5' },
  { size: 'md', fixed: false, class: 'md:text-[14px]/5.5' },
] as const

/** How Nuxt UI's components wear our tokens (the tokens themselves are in src/theme.css). */
export const theme = {
  colors: { primary: 'accent', neutral: 'grey', success: 'good', warning: 'soon', error: 'late', info: 'fresh' },
  icons: { loading: 'i-lucide-loader-circle' },
  button: {
    slots: { base: 'rounded-md font-medium cursor-pointer aria-disabled:cursor-not-allowed' },
    variants: {
      size: {
        xs: { base: 'px-2 py-0.5 text-[12px]/5 gap-1' },
        sm: { base: 'px-2.5 py-1 text-[13px]/5 gap-1.5', leadingIcon: 'size-4', trailingIcon: 'size-4' },
        md: { base: 'px-3 py-1.5 text-[13px]/5 gap-2', leadingIcon: 'size-4', trailingIcon: 'size-4' },
      },
    },
    compoundVariants: [
      { color: 'primary', variant: 'solid', class: 'hover:bg-accent-700 active:bg-accent-800' },
      { size: 'xs', square: true, class: 'p-1' },
      { size: 'sm', square: true, class: 'p-1.5' },
    ],
    defaultVariants: { size: 'sm' },
  },
  input: {
    slots: { base: 'rounded-md placeholder:text-muted' },
    variants: { size: { sm: { base: 'px-2.5 py-1 text-[16px]/5' }, md: { base: 'px-3 py-1.5 text-[16px]/5.5' } } },
    compoundVariants: fields, defaultVariants: { size: 'sm' },
  },
  textarea: { slots: { base: 'placeholder:text-muted' }, variants: { size: { sm: { base: 'text-[16px]/5' } } }, compoundVariants: fields, defaultVariants: { size: 'sm' } },
  select: { variants: { size: { sm: { base: 'py-1 text-[13px]/5', item: 'text-[13px]/5' } } }, compoundVariants: fields, defaultVariants: { size: 'sm' } },
  selectMenu: { variants: { size: { sm: { base: 'py-1 text-[13px]/5', item: 'text-[13px]/5' } } }, compoundVariants: fields, defaultVariants: { size: 'sm' } },
  dropdownMenu: { slots: { content: 'min-w-44' }, defaultVariants: { size: 'md' } },
  formField: { slots: { label: 'text-[13px]/5 font-medium', help: 'text-muted text-xs', error: 'text-late-text text-xs' }, defaultVariants: { size: 'sm' } },
  tooltip: { slots: { content: 'text-[12px]/4 h-7 px-2' } },
  modal: { slots: { title: 'text-[16px]/6 font-semibold' } },
  slideover: { slots: { title: 'text-[16px]/6 font-semibold' } },
  toast: { slots: { title: 'text-[13px]/5 font-medium', description: 'text-[12px]/4' } },
} as const

"""Runs all tests of jupyter_kernel_test, of every class that it has.

    .venv/bin/python kernel/nbtest/protocol.py
"""

import inspect
import unittest

import jupyter_kernel_test

from live import KERNEL, main


def display(mime, value):
    return {
        "mime": mime, "code": f'import "continuousnet/kernel/cell"\n%%\ncell.Display(cell.Bundle{{"{mime}": {value}}})',
    }


class KernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = KERNEL
    language_name = "go"
    file_extension = ".go"

    code_hello_world = 'fmt.Println("hello, world")'
    code_stderr = 'fmt.Fprintln(os.Stderr, "oops")'
    code_generate_error = "nothing.Here()"
    code_page_something = "%help"
    code_inspect_sample = "fmt.Println"
    code_clear_output = (
        'import "continuousnet/kernel/cell"\n%%\nfmt.Println("gone")\ncell.Clear(false)\nfmt.Println("left")'
    )

    code_execute_result = [
        {"code": "6*7", "result": "42"},
        {"code": '"a" + "b"', "result": "ab"},
        {"code": "[]int{1, 2, 3}", "result": "[]int{1, 2, 3}"},
        {"code": 'map[string]int{"a": 1}', "result": "map[string]int{\"a\": 1}"},
        {"code": "struct{ A, B int }{1, 2}", "result": "{A: 1, B: 2}"},
        {"code": "x := 3\nx * x", "result": "9"},
        {"code": "image.NewGray(image.Rect(0, 0, 2, 2))", "mime": "image/png"},
        {"code": 'type bold string\nfunc (b bold) HTML() string { return "<b>" + string(b) + "</b>" }\nbold("x")',
         "mime": "text/html", "result": "<b>x</b>"},
        {"code": 'strings.Repeat("unique ", 2)', "result": "unique unique "},
    ]
    code_display_data = [
        {"code": 'gonbui.DisplayHTML("<b>x</b>")', "mime": "text/html"},
        {"code": "gonbui.DisplayImage(image.NewGray(image.Rect(0, 0, 2, 2)))", "mime": "image/png"},
        display("text/html", '"<b>x</b>"'),
        display("image/png", '[]byte{0x89}'),
        display("image/svg+xml", '"<svg/>"'),
        display("application/vnd.vegalite.v5+json", 'map[string]any{"mark": "bar"}'),
    ]

    completion_samples = [
        {"text": "fmt.Printl", "matches": {"Println"}},
        {"text": "fmt.Print", "matches": {"Print", "Printf", "Println"}},
        {"text": "strings.ToU", "matches": {"ToUpper", "ToUpperSpecial"}},
        {"text": "answer := 42\nansw", "matches": {"answer"}},
    ]
    complete_code_samples = [
        "fmt.Println(1)", "x := 1", "func f() {\n}", "type T struct{}", "%help", "!ls", "for i := range 3 {\n}", "",
    ]
    incomplete_code_samples = [
        "func f() {", "fmt.Println(1", "x := ", "s := `a", "for i := range 3 {", "/* a", "import (",
    ]
    invalid_code_samples = ["}", "x := )", 's := "a\nfmt.Println(s)', "func f() { ) }"]

    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "strings.Repeat*"


class IopubWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = KERNEL
    support_iopub_welcome = True


class EveryClassTest(unittest.TestCase):
    def test_every_class_is_run(self):
        """Another version of jupyter_kernel_test may have more of them."""
        classes = {
            name for name, value in vars(jupyter_kernel_test).items()
            if inspect.isclass(value) and issubclass(value, unittest.TestCase) and value is not unittest.TestCase
        }
        self.assertEqual(classes, {
            base.__name__ for value in (KernelTests, IopubWelcomeTests) for base in value.__bases__
        })


if __name__ == "__main__":
    main()

// Package widget gives a cell sliders, buttons, menus and the like while it runs. They are those of ipywidgets, whose
// front end is JavaScript in JupyterLab; this package speaks its protocol (version 2) from Go.
//
//	stop := make(chan struct{})
//	steps := widget.NewIntSlider("steps", 1, 64, 4)
//	button := widget.NewButton("Stop")
//	steps.Observe(func(n int) { fmt.Println(n, "steps") })
//	button.OnClick(func() { close(stop) })
//	cell.Display(widget.NewHBox(steps, button))
//	widget.Await(stop)
//
// A widget lives as long as the cell's process. Afterwards the session shows its still in its place: a text, or what
// SetStill was given. Where nobody can see widgets (see cell.ShowsWidgets) the still is all that is shown, nothing is
// sent, and Await returns at once. A page that is loaded again while the cell runs gets its widgets back as they are,
// if the notebook was saved meanwhile. There it shows no other output of the cell, and no still: SetLast keeps a widget
// on the page, as it is to be when the cell has ended. In a notebook that was saved while the cell ran, and whose
// kernel has gone when it is opened again, there is the text of the still, as it was when the widget was shown.
//
// Functions given to Observe, OnClick and OnMessage are called one after the other, for all widgets of the process.
// While one runs, what the user does waits; moves of a slider are merged, so that the last value always comes. They may
// call any function of this package.
//
// A bad argument of a New function, such as a value out of range, is an error of displaying the widget.
package widget

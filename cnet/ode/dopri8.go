package ode

import "slices"

// denseStages are further stages of an explicit scheme, which are evaluated only where a solution between steps is
// needed, and the continuous extension that they make possible.
type denseStages struct {
	a         [][]float64 // a row for each further stage
	c         []float64
	extension extension // of all stages
}

// fits reports whether the extension leads to the weights of the scheme.
func (d *denseStages) fits(tb Tableau) bool {
	if d == nil || len(tb.B)+len(d.a) != len(d.extension.b) {
		return false
	}
	for i, b := range tb.B {
		if diff := total(d.extension.b[i]) - b; diff > 1e-12 || diff < -1e-12 {
			return false
		}
	}
	return true
}

// fit evaluates the further stages of the last accepted step and writes its curve to p.
func (d *denseStages) fit(r *explicitStepper, p *polynomial) {
	s := r.s
	if r.extra == nil {
		for range d.a {
			r.extra = append(r.extra, make([]float64, len(s.x)))
		}
	}
	k := append(slices.Clone(r.k), r.extra...)
	for i, row := range d.a {
		copy(r.state, s.before)
		for j, a := range row {
			if a != 0 {
				for m, v := range k[j] {
					r.state[m] += r.h * a * v
				}
			}
		}
		s.f(s.current.T0+d.c[i]*r.h, r.state, r.extra[i])
	}
	d.extension.fit(p, r.h, s.before, k)
}

// dopri8Dense is a continuous extension of order 7 of dopri8, with continuous derivatives, as Hairer's DOP853 has one
// of another pair (HNW I, section II.6): four stages at 0.77, 0.47, 0.29 and 0.92 of the step. The first of them makes
// the others possible: with the 14 stages of the scheme an extension has at most order 5, with a fifteenth order 6, and
// with three stages of that order 7. The order conditions were solved to 50 digits; what they leave open is the one
// direction in the space of weights, for each power of θ, in which the smallest error coefficients of order 8 were
// taken. The conditions hold to 4e-17, and no weight b_i(θ) is larger than 0.76.
var dopri8Dense = denseStages{
	c: []float64{0.77, 0.47, 0.29, 0.92},
	a: [][]float64{
		{
			0.047363653192410114, 0, 0, 0, 0, -0.023792332199366075, 0.2239108240893538, 0.6121046832769047,
			-0.5161012314825847, 0.41510007093269613, 0.02634622841163858, -0.10804694243075087,
			0.12260245420692173, -0.029487407997223433,
		},
		{
			0.04268632690107182, 0, 0, 0, 0, 0.15780081121619566, 0.22787480647809236, 0.12380377052229315,
			-0.29383123946993167, 0.3676526737327299, 0.09943477760130012, -0.11154654626969705,
			0.1348618806617768, -0.058849339680001646, -0.21988792169382942,
		},
		{
			0.04706837291308315, 0, 0, 0, 0, 0.03580946931355699, 0.20899024663012247, 0.06603446910463627,
			-0.07794815529542687, 0.026368096336297286, -0.023158217668482195, 0.06871167913368575,
			-0.05781486101381625, -0.0011747715716314954, 0.023427452350102747, -0.026313780232127878,
		},
		{
			0.036214758957216334, 0, 0, 0, 0, -0.037257573696365606, 0.2676180088653429, 0.7050188932550396,
			-0.703717132112672, 0.619109484979953, 0.13210978108602262, -0.20070574752645412,
			0.20373409076783186, -0.03430351494495183, -0.01189086472679474, -0.003093158607216917,
			-0.05283702629695128,
		},
	},
	extension: extension{b: [][]float64{
		{
			1, -8.009798083075438, 31.331906859982155, -66.28280774717521, 77.19214969079256,
			-46.522280726620224, 11.332577497237683,
		},
		make([]float64, 7),
		make([]float64, 7),
		make([]float64, 7),
		make([]float64, 7),
		{
			0, 4.059876067803277, -15.89714090800724, 8.660671964456332, 33.86582462451113, -50.81264814965719,
			20.06796407228246,
		},
		{
			0, 18.393406263636656, -111.1781335107796, 283.81310516165007, -365.3885457673382,
			233.75846842506957, -59.15898776503733,
		},
		{
			0, 5.823240210691588, -35.483016100725145, 101.00748782396961, -142.2565802846196, 99.2311351325971,
			-27.61875611251012,
		},
		{
			0, 4.702668139465519, -36.34034885219875, 108.18290269589184, -164.6819726127924, 121.34497455267551,
			-33.96798353685618,
		},
		{
			0, -6.514494656539375, 61.17073591375618, -221.35480600070775, 380.98233410702716,
			-305.3867793678029, 91.763573035189,
		},
		{
			0, -6.189655322386598, 49.90612127216354, -167.6051495747057, 274.0536236224865, -212.8606946200063,
			62.85394210495871,
		},
		{
			0, 10.77635522032974, -87.64261054042193, 296.93745461789814, -488.15214762668586, 380.5138306884466,
			-112.67099189831956,
		},
		{
			0, -11.704997421532847, 93.77771323688677, -314.06855990465164, 512.4011830110118,
			-397.43255214795187, 117.27721322623778,
		},
		{
			0, 0.39855971723079026, -0.3984045150098154, -6.455711217291112, 21.85500667272048,
			-25.742060219682287, 10.342609562031944,
		},
		make([]float64, 7),
		{
			0, -0.4102788349110589, -31.80216363550532, 175.73817237878643, -338.2323711458618,
			278.5102738719408, -83.80363263444902,
		},
		{
			0, -19.04740809758369, 148.03233156064744, -427.53514521992906, 587.7837006975918,
			-389.85425149006784, 100.6207725493413,
		},
		{
			0, 7.722526796871437, -65.47699078078827, 228.96238502180807, -389.4222049888436, 315.252584051059,
			-97.03830010010665,
		},
	}},
}

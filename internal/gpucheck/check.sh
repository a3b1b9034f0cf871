#!/usr/bin/env bash
# Checks ContinuousNet on a GPU, and measures it: parity with the original in float32 and float64, training steps beside
# PyTorch and JAX if this machine has them, and CIFAR-10 if its files are here. It needs Linux, NVIDIA's driver and XLA's
# plugin (in a JAX installation, or the wheels jax-cuda13-pjrt and nvidia-*), and neither Go nor a network.
#
#     ./check.sh              on the engine xla:cuda
#     ./check.sh xla:cpu      the same on another engine
#
# What it says is in results/, too. Variables of the environment, with their defaults:
#
#     PYTHON=python3               has the plugin, PyTorch and JAX, as far as they are installed
#     CIFAR10=./cifar-10-batches-bin   the folder with data_batch_1.bin
#     EPOCHS=3                     of CIFAR-10
#     BATCHES="128 1024"           images in a training step
#     NETS="2:euler 8:euler 2:rk4_classic 8:rk4_classic"    steps and scheme
#     REPEATS=20                   training steps, of which the fastest counts
#     TESTS=TestParity             those that are run; SHORT=1 leaves out all but one case of each kind
set -uo pipefail
cd "$(dirname "$0")" || exit 1
engine=${1:-xla:cuda}
PYTHON=${PYTHON:-python3}
CIFAR10=${CIFAR10:-cifar-10-batches-bin}
BATCHES=${BATCHES:-128 1024}
NETS=${NETS:-2:euler 8:euler 2:rk4_classic 8:rk4_classic}
REPEATS=${REPEATS:-20}
out=$PWD/results
mkdir -p "$out" || exit 1
failed=()

say() { printf '%s\n' "$*" | tee -a "$out/summary.txt"; }

# has MODULE reports whether Python has it.
has() { "$PYTHON" -c "import importlib.util as u, sys; sys.exit(not u.find_spec('$1'))" 2>/dev/null; }

# JAX's plugin lies among the packages of a Python, with the NVIDIA libraries that it is linked to, and the compiler
# (ptxas, libdevice) that XLA looks for in a CUDA installation.
find_plugin() {
	local packages folder
	packages=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' 2>/dev/null) || return 0
	for folder in "$packages"/jax_plugins/xla_cuda*/; do
		[ -e "$folder/xla_cuda_plugin.so" ] || continue
		export PJRT_PLUGIN_LIBRARY_PATH=${folder%/}${PJRT_PLUGIN_LIBRARY_PATH:+:$PJRT_PLUGIN_LIBRARY_PATH}
	done
	for folder in "$packages"/nvidia/cu[0-9]* "$packages"/nvidia/cuda_nvcc; do
		[ -d "$folder/nvvm" ] || continue
		export XLA_FLAGS="--xla_gpu_cuda_data_dir=$folder ${XLA_FLAGS:-}" PATH="$folder/bin:$PATH"
	done
}

# images prints the images per second in a line of JSON.
images() { sed -n 's/.*"images_per_s": *\([0-9.]*\).*/\1/p' <<<"$1" | awk 'NR == 1 { printf "%.0f", $1 }'; }

# measure NAME COMMAND... keeps the command's line of JSON, and prints its images per second, or why there are none.
measure() {
	local name=$1 line
	shift
	if line=$("$@" 2>>"$out/errors.txt" | tr -d '\n' | sed 's/\(: \|, \) */\1/g') && [ -n "$(images "$line")" ]; then
		printf '{"program":"%s","result":%s}\n' "$name" "$line" >>"$out/steps.jsonl"
		images "$line"
	else
		printf 'failed'
	fi
}

# PyTorch makes its tensors on the device that is named first.
torch_step() {
	"$PYTHON" -c 'import runpy, sys, torch
torch.set_default_device(sys.argv.pop(1))
sys.path.insert(0, "peers")
runpy.run_path("peers/torch_step.py", run_name="__main__")' "$@"
}

device=cpu
if [[ $engine == *cuda* ]]; then
	device=cuda
	find_plugin
fi
: >"$out/summary.txt"
: >"$out/steps.jsonl"
: >"$out/errors.txt"
say "$(./cnet version)"
say "$(uname -srm), $(nproc) processors; $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null ||
	echo 'no nvidia-smi')"
say "$(./cnet engines)"
say ""

if ! ./cnet bench step --engine "$engine" --batch 8 --steps 1 --repeats 1 >"$out/opens.txt" 2>&1; then
	say "the engine $engine does not work: $(tail -n 1 "$out/opens.txt")"
	exit 1
fi

# TF32 has 10 bits, too few to compare with. What XLA compiles itself, without NVIDIA's libraries, would not see the
# variable.
say "parity with the original, float32 and float64, on $engine:"
(
	cd tests || exit 1
	[ -d ../fixtures ] && export CNET_FIXTURES=$PWD/../fixtures
	[ -n "${SHORT:-}" ] && short=-test.short
	[[ $engine == *cuda* ]] && export XLA_FLAGS="--xla_gpu_enable_triton_gemm=false ${XLA_FLAGS:-}"
	NVIDIA_TF32_OVERRIDE=0 CNET_TEST_ENGINE=$engine \
		./cnet.test -test.run "${TESTS:-TestParity}" -test.timeout 3h -test.v ${short:-}
) >"$out/parity.txt" 2>&1 || failed+=(parity)
say "$(grep -E '^ *--- FAIL' "$out/parity.txt" | head -n 20; tail -n 2 "$out/parity.txt")"
say ""

say "images per second of training, the best of two rounds of $REPEATS steps in turns (TF32 where the library uses it):"
columns=("$engine" "$engine bf16")
if [ -d peers ]; then
	has torch && columns+=(pytorch "pytorch compiled" "pytorch bf16")
	has jax && columns+=(jax)
fi
say "$(printf '%-30s' ''; printf '%18s' "${columns[@]}")"
for net in $NETS; do
	steps=${net%%:*} scheme=${net#*:}
	for batch in $BATCHES; do
		declare -A best=()
		for _ in 1 2; do
			for column in "${columns[@]}"; do
				args=(--batch "$batch" --steps "$steps" --scheme "$scheme" --repeats "$REPEATS")
				case $column in
				pytorch) rate=$(measure "$column" torch_step $device "${args[@]}") ;;
				"pytorch compiled") rate=$(measure "$column" torch_step $device "${args[@]}" --compile) ;;
				"pytorch bf16") rate=$(measure "$column" torch_step $device "${args[@]}" --compile --bf16) ;;
				jax) rate=$(JAX_PLATFORMS=$device measure "$column" "$PYTHON" peers/jax_step.py "${args[@]}") ;;
				"$engine bf16")
					rate=$(measure "$column" ./cnet bench step --engine "$engine" --precision bf16 --json "${args[@]}")
					;;
				*) rate=$(measure "$column" ./cnet bench step --engine "$engine" --json "${args[@]}") ;;
				esac
				[[ $rate == failed && $column == "$engine" ]] && failed+=("$steps-$steps-$steps $scheme, batch $batch")
				if [[ $rate != failed && ${best[$column]:-0} -lt $rate ]]; then best[$column]=$rate; fi
			done
		done
		row=$(printf '%-30s' "$steps-$steps-$steps $scheme, batch $batch")
		for column in "${columns[@]}"; do row+=$(printf '%18s' "${best[$column]:-failed}"); done
		say "$row"
	done
done
net=${NETS##* }
for adjoint in backprop checkpoint; do
	say "$(./cnet bench step --engine "$engine" --batch "${BATCHES%% *}" --steps "${net%%:*}" --scheme "${net#*:}" \
		--adjoint $adjoint 2>&1 | sed "s/^/--adjoint $adjoint: /")"
done
say ""

if [ -e "$CIFAR10/data_batch_1.bin" ]; then
	say "CIFAR-10, 2-2-2 euler, ${EPOCHS:-3} epochs:"
	if ./cnet train --engine "$engine" --dataset CIFAR10 --data "$CIFAR10" --steps 2 --n-basis 2 --epochs "${EPOCHS:-3}" \
		--run "$out/cifar10" --json >>"$out/cifar10.jsonl" 2>>"$out/errors.txt"; then
		say "$(tail -n 1 "$out/cifar10.jsonl")"
	else
		say "failed: $(tail -n 1 "$out/errors.txt")"
		failed+=(CIFAR-10)
	fi
else
	say "CIFAR-10 is left out: $CIFAR10/data_batch_1.bin is not there (CIFAR10=DIR names its folder)"
fi

if [ ${#failed[@]} -gt 0 ]; then
	say "failed: $(IFS=';'; echo "${failed[*]}"); see $out"
	exit 1
fi
say "all of it worked"

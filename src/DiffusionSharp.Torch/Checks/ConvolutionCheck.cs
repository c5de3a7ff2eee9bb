using System.Collections.Concurrent;
using System.Diagnostics;
using DiffusionSharp.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Checks;

/// <summary>
/// Compares libtorch's convolutions, forward and backward, with plain C# before a network is trusted to it: on some processors
/// they are wrong by tens of percent (docs/decisions/0011-libtorch-is-checked.md).
/// </summary>
internal static class ConvolutionCheck
{
    // Channel counts that fill no vector, the images of one and three channels at a network's ends, both strides.
    private static readonly ConvolutionCase[] Cases =
    [
        new(20, 24, 3), new(24, 40, 3), new(40, 20, 3, Stride: 2), new(24, 40, 1), new(40, 24, 1),
        new(1, 20, 3), new(20, 1, 3), new(3, 32, 3), new(32, 3, 3), new(32, 32, 3),
    ];

    private static readonly ConcurrentDictionary<(DeviceType Device, ScalarType Type), Lazy<Result>> Known = new();

    /// <summary>How a check went.</summary>
    /// <param name="Problem">What is wrong and what helps; null when all agrees.</param>
    /// <param name="Milliseconds">What it took.</param>
    public sealed record Result(string? Problem, double Milliseconds);

    /// <summary>Computes with libtorch; tests pass others.</summary>
    public delegate ConvolutionResults Convolution(ConvolutionInputs inputs, bool channelsLast);

    /// <summary>The result for a device and a type; checked once in a process. libtorch must be loaded.</summary>
    public static Result Run(Device device, ScalarType type) =>
        Known.GetOrAdd((device.type, type), _ => new(() => Again(device, type))).Value;

    /// <summary>Refuses libtorch where it computes wrongly.</summary>
    /// <exception cref="DiffusionException">It does (<see cref="ErrorKind.Device"/>); says what was seen and what helps.</exception>
    public static void Require(Device device, ScalarType type)
    {
        if (Run(device, type).Problem is { } problem)
        {
            throw new DiffusionException(ErrorKind.Device, problem);
        }
    }

    /// <summary>Checks anew.</summary>
    public static Result Again(Device device, ScalarType type)
    {
        var began = Stopwatch.GetTimestamp();
        // Processors without instructions for bfloat16 round sums to its 8 bits, too, in parts of a convolution; what is wrong is so by tens of
        // percent. CUDA may round factors to the 11 bits of TF32.
        var tolerance = type == ScalarType.BFloat16 ? 1e-1 : device.type == DeviceType.CPU ? 1e-4 : 1e-2;
        // On convolutions as small as these, threads only wait for each other.
        var threads = get_num_threads();
        set_num_threads(1);
        string? found;
        try
        {
            found = FirstWrong(Compute, tolerance);
        }
        finally
        {
            set_num_threads(threads);
        }

        return new(found is null ? null : Explain(found), Stopwatch.GetElapsedTime(began).TotalMilliseconds);

        ConvolutionResults Compute(ConvolutionInputs inputs, bool channelsLast)
        {
            var results = TorchConvolution.Compute(inputs, device, type, channelsLast);
            results.Output[^1] *= Pretence.IsWrong ? 1.5f : 1;
            return results;
        }
    }

    /// <summary>The first result that is not what it should be, in words.</summary>
    /// <param name="convolution">What is checked.</param>
    /// <param name="tolerance">The largest error, as a part of the root mean square of the right values.</param>
    public static string? FirstWrong(Convolution convolution, double tolerance)
    {
        foreach (var c in Cases)
        {
            var inputs = ConvolutionInputs.Create(c);
            var expected = PlainConvolution.Compute(inputs);
            foreach (var channelsLast in (bool[])[false, true])
            {
                var actual = convolution(inputs, channelsLast);
                foreach (var ((name, right), (_, values)) in expected.Parts.Zip(actual.Parts))
                {
                    if (Worst(values, right, tolerance) is { } at)
                    {
                        return FormattableString.Invariant($"{c}, channels {(channelsLast ? "last" : "first")}, {name}: {values[at]:G5} where {right[at]:G5} is right");
                    }
                }
            }
        }

        return null;
    }

    // Where the largest error is, if it is too large; one that is not finite counts as the largest of all.
    private static int? Worst(float[] values, float[] right, double tolerance)
    {
        double largest = 0, squares = 0;
        var at = 0;
        for (var i = 0; i < right.Length; i++)
        {
            squares += (double)right[i] * right[i];
            var error = float.IsFinite(values[i]) ? Math.Abs((double)values[i] - right[i]) : double.PositiveInfinity;
            if (error > largest)
            {
                (largest, at) = (error, i);
            }
        }

        return largest > tolerance * Math.Sqrt(squares / right.Length) ? at : null;
    }

    private static string Explain(string found)
    {
        var advice = Pretence.IsWrong ? $"{Pretence.Variable} asks for this"
            : OneDnn.Limit is { } isa ? $"{OneDnn.Variable} is {isa}: another value (SSE41, or none) or another machine may help"
            : $"{OneDnn.Variable}=SSE41 in the environment may help, or another machine";
        return $"libtorch computes wrongly on this machine ({found}), so nothing is trained or sampled with it. {advice}. "
            + "Sampling needs no libtorch: the managed engine does it";
    }
}

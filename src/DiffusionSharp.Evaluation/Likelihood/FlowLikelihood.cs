using DiffusionSharp.Models;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>
/// Images' log-likelihood under the density that the probability-flow equation carries from noise to images (Song et al. 2021, section 4.3 and appendix
/// D.2): in s = ln σ it is dx/ds = -(1-ᾱ)·x + √(1-ᾱ)·ε, and ln p changes along it by the trace of its derivative, which random vectors estimate
/// (Hutchinson; Skilling). It starts at the schedule's least noise, and so gives the density there.
/// </summary>
public static class FlowLikelihood
{
    private const ulong DequantizationSalt = 0x5851F42D_4C957F2D;
    private const ulong ProbeSalt = 0x14057B7E_F767814F;

    /// <summary>Computes the likelihood of images.</summary>
    /// <param name="model">The model, on an engine that gives derivatives, trained on plain pixels.</param>
    /// <param name="pixels">[N, C, H, W], levels 0…255; noise of a level's width is added to them (uniform dequantisation, centred).</param>
    /// <param name="labels">[N] for a model of classes; null for another.</param>
    /// <param name="options">Probes, tolerance and seed.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellationToken">Stops at the next network call, or inside it.</param>
    /// <exception cref="DiffusionException">Images, labels or options do not fit the model, its engine gives no derivatives, or a solution is lost.</exception>
    public static FlowLikelihoodResult Compute(
        DiffusionModel model, byte[] pixels, int[]? labels = null, FlowLikelihoodOptions? options = null, IProgress<LikelihoodProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new FlowLikelihoodOptions();
        return Compute(model, pixels, labels, options, (image, probe, v) => Rademacher(options.Seed, ((long)image * options.Probes) + probe, v), progress, cancellationToken);
    }

    /// <summary>The same with probes of one's own, whose mean v·vᵀ is the identity.</summary>
    internal static FlowLikelihoodResult Compute(
        DiffusionModel model, byte[] pixels, int[]? labels, FlowLikelihoodOptions options, Action<int, int, Span<float>> probe, IProgress<LikelihoodProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var images = new LikelihoodImages(model, pixels, labels);
        Check(options);
        var flow = new ProbabilityFlow(model, images, options.Probes, probe, cancellationToken);
        var (count, d) = (images.Count, images.Elements);
        double[] bits = new double[count], prior = new double[count];
        for (var first = 0; first < count; first += options.BatchSize)
        {
            var begin = first;
            var n = Math.Min(options.BatchSize, count - first);
            double[][] states = [.. Enumerable.Range(first, n).Select(i => Dequantized(images.Levels(i), options.Seed, i))];
            new LockstepIntegrator(options.Tolerance).Run(
                flow.From,
                flow.To,
                states,
                (which, at, x, slopes) => flow.Slopes([.. which.Select(i => begin + i)], at, x, slopes),
                part => progress?.Report(new((begin + (part * n)) / count, flow.Calls)));
            for (var i = 0; i < n; i++)
            {
                var squares = 0.0;
                for (var e = 0; e < d; e++)
                {
                    squares += states[i][e] * states[i][e];
                }

                // A level is 1/127.5 wide.
                prior[first + i] = ((0.5 * squares / d) + (0.5 * Math.Log(2 * Math.PI))) / Math.Log(2);
                bits[first + i] = prior[first + i] - (states[i][d] / d / Math.Log(2)) + Math.Log2(127.5);
            }
        }

        return new FlowLikelihoodResult(bits, prior, (double)flow.Calls / count);
    }

    private static void Check(FlowLikelihoodOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(options));
        string[] problems =
        [
            .. options.Probes < 1 ? [$"Probes is {options.Probes}, expected at least 1"] : Array.Empty<string>(),
            .. !(options.Tolerance > 0 && options.Tolerance < 1) ? [FormattableString.Invariant($"Tolerance is {options.Tolerance}, expected between 0 and 1")] : Array.Empty<string>(),
        ];
        if (problems.Length > 0)
        {
            throw new DiffusionException(ErrorKind.Usage, $"probability flow: {string.Join("; ", problems)}");
        }
    }

    // x, then the integral of the trace.
    private static double[] Dequantized(ReadOnlySpan<byte> levels, ulong seed, int image)
    {
        var state = new double[levels.Length + 1];
        CounterNoise.Uniform(seed ^ DequantizationSalt, image, state.AsSpan(0, levels.Length));
        for (var e = 0; e < levels.Length; e++)
        {
            state[e] = LikelihoodImages.FromLevel(levels[e] + state[e] - 0.5);
        }

        return state;
    }

    /// <summary>Signs, each as likely as the other: a pure function of (seed, stream).</summary>
    internal static void Rademacher(ulong seed, long stream, Span<float> v)
    {
        var words = new uint[(v.Length + 31) / 32];
        CounterNoise.UInt32s(seed ^ ProbeSalt, stream, words);
        for (var e = 0; e < v.Length; e++)
        {
            v[e] = ((words[e / 32] >> (e % 32)) & 1) == 0 ? -1 : 1;
        }
    }
}

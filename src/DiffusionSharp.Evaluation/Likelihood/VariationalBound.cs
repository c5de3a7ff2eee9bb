using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>
/// An upper bound of an image's bits per dimension: the variational bound of the chain of steps back, one noisy image at each t (DDPM, equation 5;
/// improved-diffusion's calc_bpd_loop: discretised Gaussians at t = 0, its approximation of Φ, x0 clipped).
/// </summary>
public static class VariationalBound
{
    private const ulong NoiseSalt = 0x1D8E4E27_C47D124F;
    private static readonly double Ln2 = Math.Log(2);

    /// <summary>Computes the bound of images.</summary>
    /// <param name="model">The model, trained on plain pixels.</param>
    /// <param name="pixels">[N, C, H, W], levels 0…255.</param>
    /// <param name="labels">[N] for a model of classes; null for another.</param>
    /// <param name="options">Chain, variance and seed; null for all T timesteps.</param>
    /// <param name="progress">Told after each network call.</param>
    /// <param name="cancellationToken">Stops at the next network call, or inside it.</param>
    /// <exception cref="DiffusionException">Images, labels or options do not fit the model, or the network returned NaN or infinity.</exception>
    public static VariationalBoundResult Compute(
        DiffusionModel model, byte[] pixels, int[]? labels = null, VariationalBoundOptions? options = null, IProgress<LikelihoodProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var images = new LikelihoodImages(model, pixels, labels);
        options ??= new VariationalBoundOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(options));
        var chain = new Chain(model, options);
        var (count, steps) = (images.Count, chain.Timesteps.Length);
        var (total, sums) = (new double[count], new (double Bits, double X0, double Epsilon)[steps]);
        var calls = 0L;
        for (var first = 0; first < count; first += options.BatchSize)
        {
            var n = Math.Min(options.BatchSize, count - first);
            for (var k = steps - 1; k >= 0; k--)
            {
                var bits = Step(model, images, chain, options.Seed, first, n, k, ref sums[k], cancellationToken);
                for (var i = 0; i < n; i++)
                {
                    total[first + i] += bits[i];
                }

                calls += n;
                progress?.Report(new((double)calls / ((long)count * steps), calls));
            }
        }

        var prior = 0.0;
        for (var i = 0; i < count; i++)
        {
            var bits = Prior(images.Levels(i), chain.Schedule.AlphaBar(steps - 1));
            total[i] += bits;
            prior += bits;
        }

        var terms = sums.Select((s, k) => new VariationalBoundTerm(chain.Timesteps[k], s.Bits / count, s.X0 / count, s.Epsilon / count));
        return new VariationalBoundResult(total, prior / count, [.. terms]);
    }

    // KL(N(√ᾱ·x0, 1-ᾱ) | N(0, 1)), the mean over all values.
    private static double Prior(ReadOnlySpan<byte> levels, double alphaBar)
    {
        var squares = 0.0;
        foreach (var level in levels)
        {
            var x0 = LikelihoodImages.FromLevel(level);
            squares += x0 * x0;
        }

        return 0.5 * ((alphaBar * squares / levels.Length) - alphaBar - Math.Log(1 - alphaBar)) / Ln2;
    }

    private static double[] Step(
        DiffusionModel model, LikelihoodImages images, Chain chain, ulong seed, int first, int n, int k, ref (double Bits, double X0, double Epsilon) sums,
        CancellationToken cancellationToken)
    {
        var elements = images.Elements;
        var returned = elements / model.Shape.Channels * model.Denoiser.OutputChannels;
        double[] x = new double[n * elements], x0 = new double[x.Length], z = new double[elements];
        float[] asked = new float[x.Length], m = new float[n * returned];
        var alphaBar = chain.Schedule.AlphaBar(k);
        var (signal, noise) = (Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
        for (var i = 0; i < n; i++)
        {
            var levels = images.Levels(first + i);
            CounterNoise.Gaussian(seed ^ NoiseSalt, ((long)(first + i) * chain.Timesteps.Length) + k, z);
            for (var e = 0; e < elements; e++)
            {
                var at = (i * elements) + e;
                x0[at] = LikelihoodImages.FromLevel(levels[e]);
                x[at] = (signal * x0[at]) + (noise * z[e]);
                asked[at] = (float)x[at];
            }
        }

        var timesteps = new double[n];
        Array.Fill(timesteps, chain.Timesteps[k]);
        var input = new DenoiserInput { Count = n, Shape = model.Shape, X = asked, Timesteps = timesteps, Labels = images.Labels(first, n), CancellationToken = cancellationToken };
        model.Denoiser.Predict(input, m);

        var term = chain.Term(k);
        var (fromX, fromM) = chain.X0(k);
        var bits = new double[n];
        for (var i = 0; i < n; i++)
        {
            var (sum, squares) = (0.0, 0.0);
            for (var e = 0; e < elements; e++)
            {
                int at = (i * elements) + e, of = (i * returned) + e;
                var predicted = (fromX * x[at]) + (fromM * m[of]);
                predicted = chain.Clips ? Math.Clamp(predicted, -1, 1) : predicted;
                var error = predicted - x0[at];
                sum += term.At(chain.Variance(k, m, of, elements), error, x0[at]).Bits;
                squares += error * error;
            }

            bits[i] = double.IsFinite(sum) ? sum / elements : throw new DiffusionException(
                ErrorKind.NonFinite, $"likelihood: the network returned NaN or infinity for image {first + i} at t = {chain.Timesteps[k]}: check the weights (ddim inspect)");
            sums.Bits += bits[i];
            sums.X0 += squares / elements;
            sums.Epsilon += squares / elements * alphaBar / (1 - alphaBar);
        }

        return bits;
    }

    // The steps back at the timesteps that are visited (improved-diffusion's respacing: β' = 1 - ᾱ_k/ᾱ_{k-1}).
    private sealed class Chain
    {
        private readonly DiffusionObjective objective;
        private readonly PredictionType prediction;
        private readonly BoundVariance variance;

        public Chain(DiffusionModel model, VariationalBoundOptions options)
        {
            var schedule = model.Schedule;
            Timesteps = options.Timesteps is { } tau ? [.. tau.Reverse()] : [.. Enumerable.Range(0, schedule.T)];
            Schedule = options.Timesteps is null ? schedule : Respaced(schedule, options.Timesteps);
            (prediction, Clips) = (model.Scheduler.PredictionType, options.Clip);
            variance = options.Variance ?? Own(model);
            if (variance == BoundVariance.Learned && model.Denoiser.OutputChannels != 2 * model.Shape.Channels)
            {
                throw new DiffusionException(ErrorKind.Usage, $"variational bound: {model.Name} predicts no variance: take the small or the large one");
            }

            // Of x0's error, whatever the network predicts.
            objective = new DiffusionObjective(Schedule, PredictionType.Sample, varianceWeight: 1);
        }

        public int[] Timesteps { get; }

        public NoiseSchedule Schedule { get; }

        public bool Clips { get; }

        public VariationalTerm Term(int k) => objective.Term(k);

        public (double FromX, double FromM) X0(int k)
        {
            var step = DdimPlan.Step(Timesteps[k], Schedule.AlphaBar(k), 1, new DdimOptions { PredictionType = prediction, X0Treatment = X0Treatment.None });
            return (step.X0FromX, step.X0FromM);
        }

        // v: -1 for β̃, 1 for β. At t = 0, where β̃ is 0, the term holds that of t = 1, which the references take for either.
        public double Variance(int k, float[] m, int of, int elements) => variance switch
        {
            BoundVariance.Learned => m[of + elements],
            BoundVariance.Large when k > 0 => 1,
            _ => -1,
        };

        private static BoundVariance Own(DiffusionModel model) => model.Scheduler.VarianceType switch
        {
            "learned_range" => BoundVariance.Learned,
            "fixed_large" or "fixed_large_log" => BoundVariance.Large,
            _ => BoundVariance.Small,
        };

        private static NoiseSchedule Respaced(NoiseSchedule schedule, Timesteps tau)
        {
            if (tau.T != schedule.T)
            {
                throw new DiffusionException(ErrorKind.Configuration, $"variational bound: the timesteps are of T = {tau.T}, the model's schedule of T = {schedule.T}");
            }

            var before = 1.0;
            var betas = new List<double>();
            foreach (var t in tau.Reverse())
            {
                betas.Add(1 - (schedule.AlphaBar(t) / before));
                before = schedule.AlphaBar(t);
            }

            return NoiseSchedule.FromBetas([.. betas]);
        }
    }
}

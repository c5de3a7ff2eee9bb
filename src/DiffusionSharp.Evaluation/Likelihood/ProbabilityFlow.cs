using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>The slopes of images, and of their log-likelihoods, at any noise between the schedule's least and most.</summary>
internal sealed class ProbabilityFlow
{
    private readonly DiffusionModel model;
    private readonly IDifferentiableDenoiser network;
    private readonly LikelihoodImages images;
    private readonly int probes;
    private readonly Action<int, int, Span<float>> probe;
    private readonly CancellationToken cancellationToken;

    public ProbabilityFlow(DiffusionModel model, LikelihoodImages images, int probes, Action<int, int, Span<float>> probe, CancellationToken cancellationToken)
    {
        (this.model, this.images, this.probes, this.probe, this.cancellationToken) = (model, images, probes, probe, cancellationToken);
        network = Differentiable.Require(model.Denoiser);
        var schedule = model.Schedule;
        (From, To) = (LogSigma(0), LogSigma(schedule.T - 1));

        double LogSigma(int t) => schedule.AlphaBar(t) is > 0 and var alphaBar ? -NoiseLevel.LambdaOf(alphaBar) : throw new DiffusionException(
            ErrorKind.Usage, $"probability flow: the schedule of {model.Name} ends without signal (zero terminal SNR), where sigma is infinite; take the variational bound");
    }

    /// <summary>ln σ of the least noise.</summary>
    public double From { get; }

    /// <summary>ln σ of the most.</summary>
    public double To { get; }

    /// <summary>Network calls with gradients so far, of an image each.</summary>
    public long Calls { get; private set; }

    /// <summary>dx/ds, and the trace of its derivative by x.</summary>
    /// <param name="which">Images.</param>
    /// <param name="at">s = ln σ of each.</param>
    /// <param name="states">x, and one number more.</param>
    /// <param name="slopes">Receives both derivatives.</param>
    public void Slopes(int[] which, double[] at, double[][] states, double[][] slopes)
    {
        var (n, d) = (which.Length, images.Elements);
        NoiseLevel[] levels = [.. at.Select(s => model.Schedule.LevelAt(-s))];
        var x = new float[n * d];
        for (var i = 0; i < n; i++)
        {
            for (var e = 0; e < d; e++)
            {
                x[(i * d) + e] = (float)states[i][e];
            }
        }

        int[] labels = [.. which.SelectMany(i => images.Labels(i, 1).ToArray())];
        double[] timesteps = [.. levels.Select(l => l.Timestep)];
        var returned = d / model.Shape.Channels * network.OutputChannels;
        var (m, v, byX, traces) = (new float[n * returned], new float[x.Length], new float[x.Length], new double[n]);
        for (var p = 0; p < probes; p++)
        {
            for (var i = 0; i < n; i++)
            {
                probe(which[i], p, v.AsSpan(i * d, d));
            }

            var input = new DenoiserInput { Count = n, Shape = model.Shape, X = x, Timesteps = timesteps, Labels = labels, CancellationToken = cancellationToken };
            network.Differentiate(input, m, (_, cotangent) => Put(v, d, cotangent, returned), byX, []);
            Calls += n;
            for (var e = 0; e < v.Length; e++)
            {
                traces[e / d] += (double)v[e] * byX[e];
            }
        }

        for (var i = 0; i < n; i++)
        {
            var alphaBar = levels[i].AlphaBar;
            double signal = Math.Sqrt(alphaBar), noise = Math.Sqrt(1 - alphaBar);
            var (fromX, fromM) = Epsilon(levels[i], signal, noise);
            for (var e = 0; e < d; e++)
            {
                slopes[i][e] = (((noise * fromX) - (1 - alphaBar)) * states[i][e]) + (noise * fromM * m[(i * returned) + e]);
            }

            slopes[i][d] = (((noise * fromX) - (1 - alphaBar)) * d) + (noise * fromM * traces[i] / probes);
        }
    }

    // Channels beyond the image's own are a variance, which plays no part.
    private static void Put(float[] v, int elements, Span<float> cotangent, int returned)
    {
        cotangent.Clear();
        for (var i = 0; i < v.Length / elements; i++)
        {
            v.AsSpan(i * elements, elements).CopyTo(cotangent[(i * returned)..]);
        }
    }

    // ε = (x - √ᾱ·x0)/√(1-ᾱ), with x0 as the network's output says it.
    private (double FromX, double FromM) Epsilon(NoiseLevel level, double signal, double noise)
    {
        if (model.Scheduler.PredictionType == PredictionType.Epsilon)
        {
            return (0, 1);
        }

        var step = DdimPlan.Step(level.Timestep, level.AlphaBar, 1, new DdimOptions { PredictionType = model.Scheduler.PredictionType, X0Treatment = X0Treatment.None });
        return ((1 - (signal * step.X0FromX)) / noise, -signal * step.X0FromM / noise);
    }
}

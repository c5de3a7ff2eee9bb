using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Verbs.Export;

/// <summary>Runs an exported file in ONNX Runtime beside the engine.</summary>
/// <param name="host">Shows the progress.</param>
/// <param name="model">The model on its engine.</param>
/// <param name="file">What was exported of it.</param>
/// <param name="images">Images in a network call.</param>
/// <param name="threads">Threads of ONNX Runtime; 0 takes all cores.</param>
internal sealed class ExportCheck(CliHost host, DiffusionModel model, string file, int images, int threads)
{
    /// <summary>How far apart they may be.</summary>
    public const double Most = 1e-4;

    private readonly ImageShape shape = model.Shape;
    private readonly float[] noise = Noise(images, model.Shape.Elements);
    private readonly int[]? labels = LabelList.Resolve(null, model, images);

    /// <summary>max|a - b| / max|b| of what ONNX Runtime, a, and the engine, b, make of the same noise.</summary>
    /// <param name="plan">The sampler's steps; null compares one call of the network.</param>
    /// <param name="guidance">W of the sampler's guidance.</param>
    public double Difference(SamplingPlan? plan, double guidance)
    {
        using var exported = new OnnxRuntimeModel(file, threads);
        return plan is null ? CompareNetwork(exported) : CompareSampler(exported, plan, guidance);
    }

    private static float[] Noise(int images, int elements)
    {
        var noise = new float[images * elements];
        for (var i = 0; i < images; i++)
        {
            CounterNoise.Gaussian((ulong)i, NoiseSource.InitialStep, noise.AsSpan(i * elements, elements));
        }

        return noise;
    }

    // From the first timestep to the last, most of them between two whole ones.
    private double CompareNetwork(OnnxRuntimeModel exported)
    {
        var input = Input([.. Enumerable.Range(0, images).Select(i => (model.Schedule.T - 1) * (i + 0.3) / images)]);
        float[] theirs = new float[images * model.Graph!.OutputShape.Elements], ours = new float[theirs.Length];
        exported.Predict(input, theirs);
        model.Network.Predict(input, ours);
        return Apart(theirs, ours);
    }

    private double CompareSampler(OnnxRuntimeModel exported, SamplingPlan plan, double guidance)
    {
        var request = new SamplerRequest
        {
            Shape = shape,
            Count = images,
            Noise = NoiseSource.FromSeeds(new ulong[images]),
            InitialX = Array.ConvertAll(noise, v => (double)v),
            Labels = labels,
            BatchSize = images,
        };
        var (ours, _) = SamplingMeter.Measure(host, plan.NetworkCalls, told => Sampler.Run(model.Guided(guidance), plan, request, told, host.Interruption.Token), guidance);
        var theirs = new float[noise.Length];
        exported.Sample(Input([]), theirs);
        return Apart(theirs, [.. ours.Values.Select(v => (float)v)]);
    }

    private DenoiserInput Input(double[] timesteps) =>
        new() { Count = images, Shape = shape, X = noise, Timesteps = timesteps, Labels = labels ?? [], CancellationToken = host.Interruption.Token };

    private static double Apart(float[] theirs, float[] ours) =>
        theirs.Zip(ours, (a, b) => Math.Abs((double)a - b)).Aggregate(0.0, (most, d) => d > most || double.IsNaN(d) ? d : most) / ours.Max(Math.Abs);
}

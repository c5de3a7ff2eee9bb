using DiffusionSharp.Models;
using TestKit;
using TestKit.Networks;

namespace Conformance.Networks;

/// <summary>One call of a golden's network, and what the reference implementation returned.</summary>
internal sealed class GoldenNetwork
{
    public const string Guided = "07_guided_ch32_class_learnsigma";

    private GoldenNetwork(GoldenModel model, ModelSource source)
    {
        Golden = model.Golden;
        var graph = source.Network.Build();
        using var weights = source.OpenWeights(graph);
        Call = new NetworkCase(graph, 0, Golden.Shape("x")[0])
        {
            Weights = weights.ReadAll().ToDictionary(),
            X = Golden.Floats("x"),
            Timesteps = Golden.Doubles("t"),
            Labels = model.Labels is null ? [] : Golden.Ints(model.Labels),
        };
        Expected = Golden.Doubles(model.Output);
    }

    /// <summary>All models.</summary>
    public static IReadOnlyList<string> Names { get; } = Shared.Exists ? [.. GoldenModel.All.Keys] : [GoldenRuns.Absent];

    public GoldenCase Golden { get; }

    public NetworkCase Call { get; }

    /// <summary>The reference's output.</summary>
    public double[] Expected { get; }

    /// <summary>The bound for float32, relative to the largest value.</summary>
    public double Tolerance => Golden.Json.GetProperty("tolerance").GetProperty("rel_to_max_abs").GetDouble();

    public static GoldenNetwork Open(string name) => new(GoldenModel.All[name], GoldenModel.All[name].Open());

    /// <summary>The same call of the model in another file.</summary>
    public static GoldenNetwork Open(string name, ModelSource source) => new(GoldenModel.All[name], source);
}

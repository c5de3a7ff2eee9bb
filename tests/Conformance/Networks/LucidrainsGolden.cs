using DiffusionSharp.Networks;
using DiffusionSharp.Weights;
using TestKit;
using TestKit.Networks;

namespace Conformance.Networks;

/// <summary>Golden 08: a checkpoint of denoising-diffusion-pytorch's trainer, with the weights themselves and their moving average.</summary>
internal sealed class LucidrainsGolden
{
    public const string Case = "08_lucidrains_dim8_m12";

    private readonly string file;

    public LucidrainsGolden()
    {
        Golden = new GoldenCase(Case);
        file = Golden.Path("model-1.pt");
    }

    public GoldenCase Golden { get; }

    /// <summary>What the file says of one of its two networks.</summary>
    public CheckpointModel Model(bool raw)
    {
        using var open = TensorFile.Open(file);
        return CheckpointReader.Read(open, raw, new CheckpointFacts { Height = 8, Width = 8 });
    }

    /// <summary>The recorded call, with the weights of one of them.</summary>
    public NetworkCase Call(bool raw)
    {
        var model = Model(raw);
        var graph = model.Network.Build();
        using var weights = WeightsReader.Open(file, model.Layout, model.Prefix, model.Network, graph);
        return new NetworkCase(graph, 0, Golden.Shape("x")[0])
        {
            Weights = weights.ReadAll().ToDictionary(),
            X = Golden.Floats("x"),
            Timesteps = Golden.Doubles("t"),
        };
    }
}

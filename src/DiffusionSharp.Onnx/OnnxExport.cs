using DiffusionSharp.Networks;
using DiffusionSharp.Onnx.Format;
using DiffusionSharp.Onnx.Nodes;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Onnx;

/// <summary>
/// Writes networks and samplers as ONNX files for any number of images N. The weights lie in the file under their own names, or in
/// <c>FILE.data</c> beside it where the file would grow beyond 2 GiB. A file appears whole or not at all.
/// </summary>
public static class OnnxExport
{
    /// <summary>
    /// Writes a network. Inputs: <c>x</c> [N, C, H, W] float32, <c>t</c> [N] float64 (any real number) and, for a conditional network,
    /// <c>labels</c> [N] int64; output: <c>m</c> [N, C', H, W] float32.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <param name="weights">Gives the weights of a parameter; called once for each.</param>
    /// <param name="options">The version of the operators; null takes the default.</param>
    /// <exception cref="DiffusionException">Weights do not fit the network, or the storage refused.</exception>
    public static void Network(string path, NetworkGraph network, Func<ParameterSpec, HostTensor> weights, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        var graph = new OnnxGraph("network");
        var x = graph.Port("x", ElementType.Float, network.InputShape);
        var t = graph.Port("t", ElementType.Double);
        var m = new NetworkNodes(graph, "", x, t, Labels(graph, network)).Write(network);
        graph.Node("Identity", "m", [m]);
        graph.Port("m", ElementType.Float, network.OutputShape, output: true);
        Write(path, graph, weights, options ?? new OnnxOptions());
    }

    /// <summary>
    /// Writes a whole sampler, its steps one after the other, all of them with the same weights. Inputs: <c>noise</c> [N, C, H, W]
    /// float32, x_T and, for a conditional network, <c>labels</c> [N] int64; output: <c>image</c> [N, C, H, W] float32. Between the
    /// network's calls numbers are float64, as in <see cref="Sampling.Execution.Sampler"/>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <param name="weights">Gives the weights of a parameter; called once for each.</param>
    /// <param name="plan">The steps; none of them may draw noise, threshold dynamically, paint into a mask or be a fixed point.</param>
    /// <param name="guidance">W of classifier-free guidance (<see cref="GuidedDenoiser"/>).</param>
    /// <param name="options">The version of the operators; null takes the default.</param>
    /// <exception cref="DiffusionException">The plan cannot be written, the weights do not fit the network, or the storage refused.</exception>
    public static void Sampler(
        string path, NetworkGraph network, Func<ParameterSpec, HostTensor> weights, SamplingPlan plan, double guidance = 1, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(plan);
        SamplerNodes.Check(plan, network, guidance);
        var graph = new OnnxGraph("sampler");
        var noise = graph.Port("noise", ElementType.Float, network.InputShape);
        var labels = guidance == 0 ? null : Labels(graph, network);
        new SamplerNodes(graph, network, guidance, labels).Write(plan, noise, "image");
        graph.Port("image", ElementType.Float, network.InputShape, output: true);
        Write(path, graph, weights, options ?? new OnnxOptions());
    }

    private static string? Labels(OnnxGraph graph, NetworkGraph network) =>
        network.Nodes.Any(n => n.Operation is Operation.InputLabel) ? graph.Port("labels", ElementType.Int64) : null;

    private static void Write(string path, OnnxGraph graph, Func<ParameterSpec, HostTensor> weights, OnnxOptions options) =>
        new OnnxFile(graph, weights, options.Opset, options.MostBytes).Write(path);
}

using DiffusionSharp.Networks;
using DiffusionSharp.Sampling;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Models;

/// <summary>Puts a network's weights on an engine. An engine's project offers one, such as <c>TorchEngine.Cpu</c>.</summary>
/// <param name="graph">The network.</param>
/// <param name="weights">Gives the weights of a parameter; called once for each.</param>
/// <returns>The network, ready to be called; disposed by its user when it is <see cref="IDisposable"/>.</returns>
public delegate IDenoiser Engine(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights);

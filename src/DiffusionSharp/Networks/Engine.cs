namespace DiffusionSharp.Networks;

/// <summary>Puts a network's weights on an engine. An engine's project offers one, such as <c>TorchEngine.Cpu</c>.</summary>
/// <param name="graph">The network.</param>
/// <param name="weights">
/// Reads a parameter, from the open file of a model: each is to be asked for once, before the engine returns, by one thread or by several,
/// and its array kept no longer than it takes to store it as the engine likes it.
/// </param>
/// <returns>The network, ready to be called; disposed by its user when it is <see cref="IDisposable"/>.</returns>
public delegate IDenoiser Engine(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights);

namespace DiffusionSharp.Networks;

/// <summary>One step of a network. Its value is known by its place in <see cref="NetworkGraph.Nodes"/>.</summary>
/// <param name="Name">A unique name, after the module it stands for.</param>
/// <param name="Operation">What it computes.</param>
/// <param name="Inputs">Places of the nodes it reads, all before its own.</param>
/// <param name="Shape">Shape of its value for one image.</param>
public sealed record Node(string Name, Operation Operation, ValueList<int> Inputs, ImageShape Shape);

namespace DiffusionSharp.Evaluation.Onnx;

/// <summary>A node of an ONNX graph, with what is needed of it here.</summary>
/// <param name="Operation">Such as <c>Conv</c>.</param>
/// <param name="Inputs">Names of the values it reads.</param>
/// <param name="Outputs">Names of the values it makes.</param>
/// <param name="Floats">Attributes of one float32, by name.</param>
internal sealed record OnnxNode(string Operation, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, float> Floats);

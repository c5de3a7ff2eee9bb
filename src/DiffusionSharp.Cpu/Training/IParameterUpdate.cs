namespace DiffusionSharp.Cpu.Training;

/// <summary>An optimizer, for vectors of some width.</summary>
internal unsafe interface IParameterUpdate
{
    /// <summary>The L2 norm of a gradient; NaN or infinite where a value is.</summary>
    double Norm(float* gradient, long length);

    /// <summary>Does the update, whose gradient must be finite.</summary>
    /// <param name="parameters">What is updated.</param>
    /// <param name="norm">The gradient's norm.</param>
    /// <param name="updates">Updates done before.</param>
    /// <param name="learningRate">This update's learning rate.</param>
    void Run(in ParameterPointers parameters, double norm, long updates, double learningRate);
}

namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>One step's part of the bound.</summary>
/// <param name="Timestep">t.</param>
/// <param name="Bits">KL(q(x_{t-1}|x_t, x_0) | p(x_{t-1}|x_t)), at t = 0 the cost of the levels; bits per dimension.</param>
/// <param name="X0Error">Mean squared error of predicted x0.</param>
/// <param name="EpsilonError">Mean squared error of the noise that this x0 stands for.</param>
public readonly record struct VariationalBoundTerm(int Timestep, double Bits, double X0Error, double EpsilonError);
